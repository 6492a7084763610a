"""What is built and installed: the wheel holds everything, and serves without the repository."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from process import QUEUE, ROOT, environment, serving


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository and unpacked as an installer would."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=60)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_the_package_and_nothing_else(installed: Path) -> None:
    held = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    tops = {name.partition("/")[0] for name in held}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"simulator"}
    code = {str(path.relative_to(ROOT)) for path in (ROOT / "simulator").rglob("*.py")}
    assert code <= held
    shipped = {f"simulator/shipped/{path.name}" for path in (ROOT / "scenarios").glob("*.yaml")}
    assert {"simulator/py.typed", "simulator/shipped/quickstart.yaml", *shipped} <= held
    assert not [name for name in held if "__pycache__" in name or name.endswith((".pem", ".key", ".xsd"))]


def test_it_installs_its_command(installed: Path) -> None:
    (entries,) = installed.glob("*.dist-info/entry_points.txt")
    assert "ehubsim = simulator.cli:main" in entries.read_text()


def test_the_installed_package_serves_its_own_quick_start(installed: Path, tmp_path: Path) -> None:
    where = [sys.executable, "-P", "-c", "import simulator; print(simulator.__file__)"]
    path = environment(PYTHONPATH=str(installed), PYTHONDONTWRITEBYTECODE="1")
    told = subprocess.run(where, cwd=tmp_path, env=path, capture_output=True, text=True, check=True).stdout
    assert told.strip() == str(installed / "simulator" / "__init__.py")
    with serving(tmp_path, PYTHONPATH=str(installed), PYTHONDONTWRITEBYTECODE="1") as served:
        assert served.facts["scenario"] == "Quick start"
        assert served.ask("GET", QUEUE).status == 400
