"""Flower's configuration file: Flower executes it and takes its own options from the names it finds here.

Flower ships without a password. Ours does not start without one, however it is started: `workers.celery` names this
file in FLOWER_CONF.
"""

from config.settings import FlowerSettings, load_or_exit

_settings = load_or_exit(FlowerSettings)

basic_auth = _settings.flower_basic_auth.get_secret_value().split(",")
port = _settings.flower_port
max_tasks = 10_000  # kept in memory; the ledger has the rest
max_workers = 200
purge_offline_workers = 3_600  # seconds
