"""Where SciPy's L-BFGS-B ends on the two functions of tests/eval/probe/lbfgs_test.cc, for the figures in its comments.

    python tests/golden/make_lbfgs_ends.py
"""
import numpy
import scipy
from scipy.optimize import minimize

SCALE = numpy.logspace(-3, 3, 20)


def bowl(x):
    return ((x - 1) ** 2 * SCALE).sum() / 2 + 3, (x - 1) * SCALE


def valley(x):
    a, b = 1 - x[::2], x[1::2] - x[::2] ** 2
    gradient = numpy.empty(4)
    gradient[::2], gradient[1::2] = -2 * a - 400 * x[::2] * b, 200 * b
    return (a**2 + 100 * b**2).sum(), gradient


print("SciPy", scipy.__version__)
for name, function, start, minimum in (("bowl", bowl, numpy.zeros(20), 3), ("valley", valley, numpy.array([-1.2, 1, 3, -4]), 0)):
    for ftol in (1e-12, 1e-16):
        end = minimize(function, start, jac=True, method="L-BFGS-B", options=dict(maxcor=10, ftol=ftol, gtol=0, maxiter=5000, maxfun=10000))
        print(f"{name}, ftol {ftol:g}: {end.fun - minimum:.2g} above the minimum after {end.nfev} evaluations")
