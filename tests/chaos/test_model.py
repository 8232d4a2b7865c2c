"""The lease protocol in a model checker: every interleaving of two relays and two workers with so many faults.

What is modelled and what is claimed of it stands at the top of model/lease.pml. Needs `spin` and a C compiler (Debian:
`apt-get install spin gcc`); without them these tests are skipped, and fail where CI is set.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

MODEL = Path(__file__).parent / "model" / "lease.pml"
SECONDS = 300
MEMORY = "-DMEMLIM=3000"  # MB; the largest of these needs a tenth of it


@pytest.fixture(autouse=True)
def _needs_spin() -> None:
    missing = [tool for tool in ("spin", "gcc") if shutil.which(tool) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"{' and '.join(missing)} must be installed where CI is set: apt-get install spin gcc")
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} here; on Debian: apt-get install spin gcc")


def check(folder: Path, *, model: tuple[str, ...], compiler: tuple[str, ...], run: tuple[str, ...]) -> str:
    """What the checker says of the model in every state that it can reach."""
    model_of = [str(shutil.which("spin")), *model, "-a", str(MODEL)]
    subprocess.run(model_of, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    build = [str(shutil.which("gcc")), "-O1", "-w", MEMORY, "-DCOLLAPSE", *compiler, "-o", "pan", "pan.c"]
    subprocess.run(build, cwd=folder, check=True, capture_output=True, timeout=SECONDS)
    command = [str(folder / "pan"), "-m1000000", *run]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS)
    assert "max search depth too small" not in done.stdout
    assert "out of memory" not in done.stdout
    return done.stdout


def safety(folder: Path, *model: str) -> str:
    return check(folder, model=model, compiler=("-DSAFETY", "-DNOCLAIM"), run=())


def liveness(folder: Path, *model: str) -> str:
    return check(folder, model=model, compiler=("-DNFAIR=3",), run=("-a", "-f"))


@pytest.mark.parametrize("provider", [(), ("-DIDEMPOTENT",)], ids=["mail", "newsletter"])
def test_no_effect_is_repeated_and_no_claim_counts_twice_whatever_three_faults_happen(
    tmp_path: Path, provider: tuple[str, ...]
) -> None:
    assert "errors: 0" in safety(tmp_path, *provider)


@pytest.mark.parametrize(
    ("provider", "unreached"),
    # For mail two of the fences cannot be met: past its point of no return nobody claims the job again.
    [((), 2), (("-DIDEMPOTENT",), 0)],
    ids=["mail", "newsletter"],
)
def test_no_part_of_the_model_is_out_of_reach(tmp_path: Path, provider: tuple[str, ...], unreached: int) -> None:
    said = safety(tmp_path, "-DFAULTS=2", *provider)
    for process, statements in (("Worker", unreached), ("Relay", 0), ("Storm", 0)):
        found = re.search(rf"unreached in proctype {process}\n(?:\t.*\n)*?\t\((\d+) of", said)
        assert found is not None
        assert int(found[1]) == statements


@pytest.mark.parametrize("provider", [(), ("-DIDEMPOTENT",)], ids=["mail", "newsletter"])
def test_the_job_becomes_final_and_stays_so_whatever_fault_happens(tmp_path: Path, provider: tuple[str, ...]) -> None:
    assert "errors: 0" in liveness(tmp_path, "-DFAULTS=1", *provider)


@pytest.mark.parametrize("fault", ["-DBROKEN", "-DNO_INTENT"])
def test_without_the_fence_or_the_intent_the_checker_finds_a_violation(tmp_path: Path, fault: str) -> None:
    said = safety(tmp_path, fault)
    assert "errors: 1" in said
    assert "assertion violated" in said


def test_a_job_that_nobody_takes_over_is_found_to_be_stuck(tmp_path: Path) -> None:
    assert "acceptance cycle" in liveness(tmp_path, "-DFAULTS=1", "-DNO_TAKEOVER")
