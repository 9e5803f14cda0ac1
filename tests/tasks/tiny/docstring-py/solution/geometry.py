import math


def circle_area(radius):
    """The area of a circle."""
    return math.pi * radius**2


def distance(a, b):
    """The distance of two points."""
    return math.hypot(a[0] - b[0], a[1] - b[1])


def perimeter(points):
    """The length of a closed line through points."""
    return sum(distance(a, b) for a, b in zip(points, points[1:] + points[:1]))
