def fizzbuzz(n):
    """The FizzBuzz word of a number, or the number."""
    return ("Fizz" if n % 3 == 0 else "") + ("Buzz" if n % 5 == 0 else "") or str(n)
