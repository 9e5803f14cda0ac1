def celsius_to_fahrenheit(celsius):
    """Degrees Fahrenheit."""
    return celsius * 9 / 5 + 32


def fahrenheit_to_celsius(fahrenheit):
    """Degrees Celsius."""
    return (fahrenheit - 32) * 5 / 9
