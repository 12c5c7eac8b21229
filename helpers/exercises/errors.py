"""An error of the learner's code: what it means in plain words, and in which of their lines it happened."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable

from helpers.exercises.guard import OutOfTime

# Words of the message -> what it means. The first that is found counts; {0} is what the brackets caught.
MEANINGS = (
    (r"Kernel size can't be greater", "The kernel is larger than the image: are the two swapped?"),
    (r"return_types", "`max(dim=...)` returns values and places together: take `.values` or `.indices`."),
    (
        r"Index tensor must have the same number of dimensions",
        "`gather` wants an index of as many axes: `labels[:, None]`.",
    ),
    (
        r"softmax_lastdim.*not implemented for 'Long'|target with class probabilities",
        "Logits come first, labels second, and logits are no class numbers: leave `argmax` out.",
    ),
    (
        r"relu\(\) missing 1 required positional argument: 'input'",
        "As a layer, write `nn.ReLU()`; `F.relu(x)` is the function.",
    ),
    (
        r"empty\(\): argument 'size'.* got ([\w.]+)",
        "A layer was given a `{0}` where it wants a number: take the number out of it, such as `.in_features`.",
    ),
    (
        r"'float' object cannot be interpreted as an integer",
        "A whole number is needed. `range` counts in whole steps only: divide afterwards, as in `step / 100`.",
    ),
    (
        r"cannot unpack non-iterable (\w+)",
        "A single `{0}` stands there, where several are taken apart: are `.items()`, `zip` or `enumerate` missing, or "
        "does the loop count places (`range`)?",
    ),
    (
        r"expected stride to be a single integer value or a list of 1 values",
        "`conv2d` wants images (N, C, H, W): two axes in front are missing, `[None, None]`, of the kernel too.",
    ),
    (r"invalid combination of arguments", "This function does not take arguments of such types, or in such an order."),
    (r"name '(\w+)' is not defined", "Python knows no `{0}` here. Is it spelt as where you defined it?"),
    (
        r"cannot access local variable '(\w+)'",
        "`{0}` has no value yet in this line. Set it before the loop or the `if`.",
    ),
    (r"invalid literal for int", "This text is not a whole number."),
    (r"division by zero", "Something is divided by 0. For which input is the number below the line 0?"),
    (
        r"before Module.__init__\(\) call",
        "`super().__init__()` is missing as the first line of your class's `__init__`.",
    ),
    (
        r"is not a Module subclass",
        "`nn.Sequential` takes layers one after the other, each made with brackets, and no list.",
    ),
    (r"Error\(s\) in loading state_dict", "Names or shapes of the loaded tensors do not fit the model."),
    (r"object of type '(\w+)' has no len", "There is no length of a single thing, here of type `{0}`."),
    (
        r"random_ expects 'from' to be less than 'to'",
        "The range to draw from is empty: it ends where it begins, or before.",
    ),
    (
        r"not enough values to unpack|too many values to unpack",
        "The names on the left of `=` are not as many as the values on the right.",
    ),
    (
        r"Dimension out of range|dimension specified as|axis -?\d+ is out of bounds",
        "There is no such axis: `dim=0` is the first, `dim=1` the second, `dim=-1` the last. "
        "A row of numbers has one alone.",
    ),
    (
        r"result out of range|Result too large|math range error",
        "A number became too large for Python's floats: look at the power or the exponential.",
    ),
    (
        r"math domain error|expected a (?:nonnegative|positive) input",
        "A root or a logarithm of such a number does not exist.",
    ),
    (
        r"(?:list|string|tuple) index out of range|index (-?\d+) is out of bounds|out of range",
        "There is no such position: positions begin at 0 and end at the length minus 1.",
    ),
    (
        r"unsupported operand type\(s\) for \S+: '(?:NoneType' and '\w+|\w+' and 'NoneType)'",
        "One of the two is None: nothing has been stored there yet, or it was emptied too early.",
    ),
    (
        r"'(?:builtin_function_or_method|method|function|builtin_method|method-wrapper)'",
        "A function stands there itself, not its result: brackets are missing after its name, `sum()` and not `sum`.",
    ),
    (r"unsupported operand type\(s\) for \^", "`^` is no power in Python: write `**`."),
    (
        r"operand type\(s\) for \S+: '(?:list|tuple)' and|operand type\(s\) for \S+: '\w+' and '(?:list|tuple)'",
        "Lists cannot be computed with as a whole: go through them, or make tensors of them.",
    ),
    (
        r"unsupported operand type\(s\) for (\S+): '(\w+)' and '(\w+)'",
        "`{0}` does not work between the types `{1}` and `{2}`.",
    ),
    (
        r"'NoneType' object has no attribute '(?:zero_|data|mul_|fill_)'",
        "There is no gradient yet: `.grad` is None before the first `backward()`.",
    ),
    (
        r"'NoneType' object",
        "None stands there, nothing at all. `append`, `sort`, `update` and `print` return None; and does a function of "
        "yours lack its `return`?",
    ),
    (
        r"'(\w+)' object has no attribute '(\w+)'",
        "`{1}` is asked of a thing of type `{0}`, which has none.",
    ),
    (
        r"'([\w.]+)' object is not callable",
        "Round brackets call a function, and this is a `{0}`. Square brackets take a part out of something.",
    ),
    (
        r"'([\w.]+)' object is not subscriptable",
        "Square brackets take a part out of something, and a `{0}` has no parts.",
    ),
    (r"'([\w.]+)' object is not iterable", "A loop, or something that loops inside, got a single `{0}`."),
    (
        r"(?:list|tuple|string) indices must be integers or slices, not (list|tuple|Tensor|str|dict)\b",
        "A position in a list is one whole number, and this is a `{0}`. Several entries at once are taken in a loop, "
        "or out of a tensor.",
    ),
    (
        r"only integer tensors of a single element",
        "A position must be one whole number, and this is a tensor of several, or of floats.",
    ),
    (
        r"slice indices must be integers|indices must be integers",
        "A position must be a whole number: use `//` or `round`, or `.long()` for a tensor.",
    ),
    (
        r"Boolean value of Tensor with more than one value|truth value of an array",
        "An `if` (or `and`, `or`, `not`) needs one True or False, and here there are many. Is one number, a shape or "
        "`.any()` or `.all()` meant, or `&`, `|` and `torch.where`, number by number?",
    ),
    (
        r"a Tensor with (\d+) elements cannot be converted|only one element tensors can be converted",
        "One number was needed, and this tensor has several. Is a mean, a sum or an index missing?",
    ),
    (
        r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)",
        "Two shapes do not fit: one has {0} entries where the other has {1}. Print both shapes. Is "
        "`keepdim=True` or an axis missing?",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\S+) and (\S+)\)",
        "A layer or a product got the wrong size: {0} and {1}. The last size of the first must be the first "
        "size of the second.",
    ),
    (
        r"[Cc]an only calculate the mean of|could not infer output dtype|mean\(\): could not infer",
        "A mean of whole numbers or of True and False needs floats first: `.float()`.",
    ),
    (
        r"expected scalar type (\w+)|Expected (?:floating point|tensor for argument)|[Ee]xpected .* dtype",
        "The kind of the numbers (dtype) is another than this function takes. Class numbers want `.long()`, "
        "pixels `.float()`.",
    ),
    (
        r"does not require grad and does not have a grad_fn|does not require grad",
        "Nothing here can be trained, so there is no gradient: `requires_grad_()` is missing, a layer is frozen, "
        "`no_grad` is on, or a number was taken out of its tensor (`.item()`, `.detach()`).",
    ),
    (
        r"grad can be implicitly created only for scalar",
        "`backward()` starts from one number, and your loss has several. Take their mean first.",
    ),
    (
        r"backward through the graph a second time",
        "The same loss was used for `backward()` twice. Compute it anew in each step.",
    ),
    (
        r"leaf Variable that requires grad",
        "A weight is changed in place while gradients are recorded. Do it inside `torch.no_grad()`.",
    ),
    (r"Can't call numpy\(\) on Tensor that requires grad", "Take the tensor out of the gradients first: `.detach()`."),
    (r"element 0 of tensors", "Nothing in this loss depends on a weight that can be trained."),
    (r"shape '\[(.*?)\]' is invalid for input of size (\d+)", "{1} numbers do not fit into the shape ({0})."),
    (
        r"stack expects a non-empty|expected a non-empty list",
        "There was nothing to stack: the list is empty for this input.",
    ),
    (
        r"^(?:mean|sum|std|var|max|min|argmax|argmin|flip|sort|prod|median|any|all|cumsum|round)\w*\(\)?:? .*"
        r"(?:unexpected keyword argument '(?:axis|out|dtype|keepdims)|invalid combination)",
        "A function of NumPy was given a tensor. Use the tensor's own, or torch's.",
    ),
    (
        r"got an unexpected keyword argument '(\w+)'",
        "A function was given an argument `{0}` that it does not have. `help(...)` shows those that it has.",
    ),
    (
        r"number of dimensions in the tensor input does not match the length of the desired ordering",
        "`permute` wants every axis, each once: as many numbers as the tensor has axes.",
    ),
    (r"step must be greater than zero", "A tensor has no step of -1 in its slices: `.flip(0)` turns it round."),
    (
        r"result type Float can't be cast to",
        "`/=`, `+=` and the like keep whole numbers whole: make floats first, with `.float()`, or write `a = a / b`.",
    ),
    (r"(\d+) is not in list|is not in list", "`index` looks for a thing that is not in this list."),
    (
        r"unhashable type: '(\w+)'",
        "A `{0}` cannot be in a set or a key of a dictionary: make a number, a text or a tuple of it.",
    ),
    (r"missing (\d+) required positional argument", "Something was called with too few arguments."),
    (r"takes (\d+) positional arguments? but", "Something was called with too many arguments."),
    (r"could not convert string to float|must be real number, not str", "A text stands where a number is needed."),
    (r"maximum recursion depth", "Your function calls itself again and again, and never ends."),
)


def told(error: BaseException, function: Callable) -> str:
    """The error in plain words, with the learner's own line.

    Example:
        >>> told(ZeroDivisionError("division by zero"), len).startswith("Something is divided by 0.")
        True
    """
    if isinstance(error, OutOfTime):
        return "It did not end in time, and was stopped. Look for a loop whose condition never becomes false."
    if isinstance(error, SystemExit):
        return "Your function ends Python (`exit` or `quit`). It should only `return` its result."
    lines = f"{type(error).__name__}: {error}".strip(": ").splitlines()
    message = " ".join(map(str.strip, lines[: 1 + lines[0].endswith(":")]))
    return f"{meaning(error)} Python says: `{message}`{_line(error, function)}".strip()


def meaning(error: BaseException) -> str:
    """What an error of Python or PyTorch means, or nothing if we do not know it."""
    if isinstance(error, KeyError):
        return f"There is no key {error} in this dictionary. `print(list(...))` of it shows the keys that there are."
    for pattern, words in MEANINGS:
        found = re.search(pattern, str(error))
        if found:
            return words.format(*(group or "" for group in found.groups()))
    return ""


def failing_line(error: BaseException, function: Callable) -> int | None:
    """The number of the learner's own line in which it happened; nothing of ours."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file]
    return lines[-1] if lines else None


def _line(error: BaseException, function: Callable) -> str:
    """That line as words."""
    number = failing_line(error, function)
    line = linecache.getline(function.__code__.co_filename, number).strip() if number else ""
    return f" in line {number} of your cell: `{line}`." if line else "."
