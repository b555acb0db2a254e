"""joblib and Dask run on the executor as they are. Needs both: `pip install "weft[ecosystem]"`."""

from __future__ import annotations

import unittest
from importlib.util import find_spec
from typing import Any

import weft

from .cluster import ClusterTestCase

HAS_ALL = find_spec("joblib") is not None and find_spec("dask") is not None


@unittest.skipUnless(HAS_ALL, "joblib or dask is not installed")
class EcosystemTests(ClusterTestCase):
    executor: weft.Executor

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.executor = weft.Executor(cls.cluster.url, cls.cluster.token)
        cls.addClassCleanup(cls.executor.shutdown)

    def test_joblib(self) -> None:
        import joblib

        from weft.joblib_backend import register

        def work(number: int, power: int = 2) -> int:
            return int(number**power)

        register(self.executor)
        with joblib.parallel_config("weft"):
            values = joblib.Parallel()(joblib.delayed(work)(number, power=3) for number in range(100))
            self.assertEqual(values, [work(number, power=3) for number in range(100)])
            generator = joblib.Parallel(n_jobs=2, return_as="generator")(joblib.delayed(work)(n) for n in range(10))
            self.assertEqual(list(generator), [work(number) for number in range(10)])
            with self.assertRaises(ZeroDivisionError):
                joblib.Parallel(n_jobs=2)(joblib.delayed(divmod)(1, number) for number in (1, 0))

    def test_dask(self) -> None:
        import dask
        import dask.bag

        @dask.delayed  # type: ignore[untyped-decorator,unused-ignore]
        def add(left: int, right: int) -> int:
            return left + right

        total: Any = 0
        for number in range(6):
            total = add(total, number)
        with dask.config.set(pool=self.executor):
            self.assertEqual(total.compute(scheduler="threads"), 15)
            bag = dask.bag.from_sequence(range(100), npartitions=4)
            squares = bag.map(lambda x: x * x).sum()
            self.assertEqual(squares.compute(scheduler="threads"), sum(x * x for x in range(100)))
            with self.assertRaises(ZeroDivisionError):
                dask.delayed(divmod)(1, 0).compute(scheduler="threads")
        self.assertEqual(add(1, 2).compute(scheduler=self.executor), 3)
