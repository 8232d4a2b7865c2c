"""The SMTP port, opened and closed from inside the process, where two orders can meet to the very moment."""

import asyncio

from sandbox.modes import Mode
from sandbox.settings import Settings
from sandbox.smtp import Smtp


def test_two_orders_to_open_the_port_at_once_do_not_take_it_from_each_other() -> None:
    async def scene() -> str:
        smtp = Smtp("127.0.0.1", 0)
        await smtp.start()
        await smtp.apply(Settings(Mode.REFUSE))
        await asyncio.gather(smtp.apply(Settings(Mode.OK)), smtp.apply(Settings(Mode.SLOW)))
        reader, writer = await asyncio.open_connection("127.0.0.1", smtp.listener.port)
        greeting = await reader.readline()
        writer.close()
        await smtp.stop()
        return greeting.decode()

    assert asyncio.run(scene()).startswith("220 ")
