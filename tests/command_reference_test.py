"""docs/commands.md is what the program's --help says."""
import pathlib
import subprocess
import sys

script = pathlib.Path(sys.argv[1]) / "tools" / "make_command_reference.py"
sys.exit(subprocess.run([sys.executable, script, sys.argv[2], "--check"]).returncode)
