"""Print how large modules and functions are: `python -m tests.sizes`."""

from collections.abc import Sequence
from statistics import median, quantiles

from tests import tree


def summary(name: str, sizes: Sequence[int]) -> str:
    """One line with the count, the median, the ninetieth percentile and the largest."""
    p90 = quantiles(sizes, n=10, method="inclusive")[-1] if len(sizes) > 1 else 0
    return (
        f"{name:<20} {len(sizes):>5}  median {median(sizes):>5.0f}"
        f"  p90 {p90:>5.0f}  max {max(sizes):>5}"
    )


def report(title: str, *rooms: str) -> int:
    """Print the sizes of what is below these folders; return the lines in all."""
    files = [source for source in tree.sources(*rooms) if source.lines]
    functions = [each for source in files for each in source.functions()]
    print(summary(f"{title}: modules", [source.lines for source in files]))
    print(summary(f"{title}: functions", [tree.length(each) for each in functions]))
    print(summary(f"{title}: nesting", [tree.depth(each) for each in functions]))
    return sum(source.lines for source in files)


def main() -> None:
    """Measure the product and its tests."""
    product = report("product", *tree.PACKAGES)
    tests = report("tests", "tests")
    print(f"{product} lines of product, {tests} of tests: 1 to {tests / product:.2f}")


if __name__ == "__main__":
    main()
