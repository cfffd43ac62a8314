"""Everything that the processor chooses, tried on the machine at hand: each variant that it has runs and agrees, wishes are obeyed, and a
variant that dies or is wrong is found, told and avoided.

    python tests/kernels_test.py REPOSITORY PROGRAM BROKEN_LIBRARY
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, broken = sys.argv[2], sys.argv[3]
parts = {
    "language-model": ("CLIPWRIGHT_LLAMA_KERNELS", ["amx", "avx512-bf16", "avx512", "avx2"]),
    "matrix-products": ("CLIPWRIGHT_GEMM", ["mkl", "onednn"]),
    "resize": ("CLIPWRIGHT_RESIZE", ["avx512", "avx2", "plain"]),
    "tensor-functions": ("ATEN_CPU_CAPABILITY", ["avx512", "avx2", "default"]),
    "bfloat16-products": ("ONEDNN_MAX_CPU_ISA", ["AVX512_CORE_AMX", "AVX512_CORE_BF16", "AVX512_CORE", "AVX2"]),
}
names = [variable for variable, _ in parts.values()]


def run(*arguments, code=0, **settings):
    # A processor that a user's environment has tamed would hide what this machine can do.
    env = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run([program, *arguments], capture_output=True, text=True, errors="replace", env={**env, **settings}, timeout=500)
    assert done.returncode == code, f"{arguments} {settings}: exit code {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
    return done


def read(report):
    """{part: (status, chosen, reason, {variant: what is said of it})}"""
    found = {}
    for line in report.splitlines():
        if head := re.match(r"(\w+) +kernels, ([\w-]+): ([\w-]+), (.*) \((\w+)\)$", line):
            status, part, chosen, reason, variable = head.groups()
            assert variable == parts[part][0], line
            found[part] = (status, chosen, reason, {})
        elif found and (item := re.match(r" {11}([\w-]+): (.*)", line)):
            list(found.values())[-1][3][item.group(1)] = item.group(2)
    return found


with tempfile.TemporaryDirectory() as name:
    cache = {"XDG_CACHE_HOME": name}
    report = run("doctor", "--kernels", **cache).stdout
    print(report)
    found = read(report)
    assert set(found) == set(parts), report
    available = {}
    for part, (status, chosen, reason, variants) in found.items():
        assert status == "ok" and set(variants) == set(parts[part][1]), (part, status, variants)
        available[part] = [v for v, said in variants.items() if said.startswith("ran, agrees")]
        for variant, said in variants.items():
            assert variant in available[part] or said.startswith("this machine has no "), (part, variant, said)
        assert chosen in available[part], (part, chosen)
    assert "avx2" in available["language-model"] and "mkl" in available["matrix-products"] and len(available["resize"]) >= 2, available
    assert not list(pathlib.Path(name).rglob("*.json")), "findings without a failure"

    # A wish is obeyed and named as the reason; one that cannot be met names what this machine has.
    for part, (variable, variants) in parts.items():
        for variant in variants:
            if variant in available[part]:
                said = run("doctor", "--probe", part, **cache, **{variable: variant})
                assert said.stdout, (part, variant)
    for variable, command in (("CLIPWRIGHT_RESIZE", ["tokenize"]), ("CLIPWRIGHT_GEMM", ["doctor", "--probe", "matrix-products"]), ("CLIPWRIGHT_LLAMA_KERNELS", ["doctor", "--probe", "language-model"])):
        part = next(p for p, (v, _) in parts.items() if v == variable)
        for wish in ["nonsense", *[v for v in parts[part][1] if v not in available[part]]]:
            said = run(*command, code=2, **cache, **{variable: wish}).stderr
            assert f"{variable}={wish}" in said and all(v in said for v in available[part]), said
    forced = read(run("doctor", "--kernels", **cache, CLIPWRIGHT_RESIZE="plain", CLIPWRIGHT_GEMM="mkl").stdout)
    assert forced["resize"][1:3] == ("plain", "CLIPWRIGHT_RESIZE asks for it"), forced["resize"]
    assert forced["matrix-products"][1] == "mkl", forced["matrix-products"]

    # Kernels that die: an illegal instruction is a finding, is told, and MKL is used from then on; once they work, they are used again.
    for settings, expected in (({}, "was ended by signal 4"), ({"CLIPWRIGHT_TEST_WRONG": "1"}, "differs from the plain path by")):
        said = read(run("doctor", "--kernels", **cache, LD_PRELOAD=broken, **settings).stdout)
        status, chosen, reason, variants = said["matrix-products"]
        assert expected in variants["onednn"] and variants["onednn"].startswith("FAILED"), variants
        assert chosen == "mkl", said["matrix-products"]
        if found["matrix-products"][1] == "onednn":  # where it would have been the choice
            assert status == "avoided" and "onednn failed the self-check" in reason and expected in reason, (status, reason)
            # The program itself avoids it now, without a self-check, and lives.
            assert "matrix products use mkl" in run("doctor", "--probe", "matrix-products", **cache, LD_PRELOAD=broken, **settings).stderr
            died = run("doctor", "--probe", "matrix-products", code=-4 if not settings else 0, **cache, LD_PRELOAD=broken, CLIPWRIGHT_GEMM="onednn", **settings)
            if not settings:
                assert "clipwright doctor was ended by SIGILL" in died.stderr and "CLIPWRIGHT_GEMM=mkl" in died.stderr and "issue tracker" in died.stderr, died.stderr
    assert read(run("doctor", "--kernels", **cache).stdout)["matrix-products"][:2] == found["matrix-products"][:2]
    assert not list(pathlib.Path(name).rglob("*.json")), "findings outlived their reason"

    # A choice that the tensor library makes by itself is avoided through its own variable.
    run("doctor", "--kernels", **cache, LD_PRELOAD=broken)
    (note,) = pathlib.Path(name).rglob("*.json")
    best, second = available["tensor-functions"][:2]
    note.write_text('{"ATEN_CPU_CAPABILITY=%s": "differs"}' % best)
    assert f"ATEN_CPU_CAPABILITY={second}" in run("doctor", "--probe", "tensor-functions", **cache).stderr
print("ran: " + "; ".join(f"{part} {', '.join(variants)}" for part, variants in available.items()))
