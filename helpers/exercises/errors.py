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
    (r"object of type '(\w+)' has no len", "A `{0}` has no length: it is a single thing."),
    (
        r"random_ expects 'from' to be less than 'to'",
        "The range to draw from is empty: it ends where it begins, or before.",
    ),
    (
        r"not enough values to unpack|too many values to unpack",
        "The names on the left of `=` are not as many as the values on the right.",
    ),
    (
        r"(?:list|string|tuple) index out of range|index (-?\d+) is out of bounds|out of range",
        "There is no such position: positions begin at 0 and end at the length minus 1.",
    ),
    (
        r"unsupported operand type\(s\) for \S+: '(?:NoneType' and '\w+|\w+' and 'NoneType)'",
        "One of the two is None: nothing has been stored there yet, or it was emptied too early.",
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
        r"'(\w+)' object has no attribute '(\w+)'",
        "A thing of type `{0}` has no `{1}`. What kind of thing is it? `print(type(...))` tells.",
    ),
    (
        r"'(\w+)' object is not callable",
        "Round brackets call a function, and this is a `{0}`. Square brackets take a part out of something.",
    ),
    (r"'(\w+)' object is not subscriptable", "Square brackets take a part out of something, and a `{0}` has no parts."),
    (r"'(\w+)' object is not iterable", "A loop, or something that loops inside, got a single `{0}`."),
    (
        r"only integer tensors of a single element|slice indices must be integers|indices must be integers",
        "A position must be a whole number: use `//` or `round`, or `.long()` for a tensor.",
    ),
    (
        r"Boolean value of Tensor with more than one value",
        "An `if` (or `and`, `or`, `not`) needs one True or False, and this tensor has many. Ask `.any()` or "
        "`.all()`, or use `&` and `|`.",
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
        r"Dimension out of range|dimension specified as",
        "There is no such axis: `dim=0` is the first, `dim=1` the second, `dim=-1` the last. "
        "A row of numbers has one alone.",
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
        "Nothing here can be trained, so there is no gradient: a frozen layer, `no_grad`, or a number taken "
        "out of its tensor (`.item()`, `.detach()`).",
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
        r"got an unexpected keyword argument '(\w+)'",
        "That function has no argument `{0}`. `help(...)` shows those that it has.",
    ),
    (r"missing (\d+) required positional argument", "Something was called with too few arguments."),
    (r"takes (\d+) positional arguments? but", "Something was called with too many arguments."),
    (r"could not convert string to float|must be real number, not str", "A text stands where a number is needed."),
    (r"maximum recursion depth", "Your function calls itself again and again, and never ends."),
)


def told(error: BaseException, function: Callable) -> str:
    """The error in plain words, with the learner's own line.

    Example:
        >>> told(KeyError("k"), len)
        "There is no key 'k' in this dictionary. Ask `in` first. Python says: `KeyError: 'k'`"
    """
    if isinstance(error, OutOfTime):
        return "It did not end in time, and was stopped. Look for a loop whose condition never becomes false."
    if isinstance(error, SystemExit):
        return "Your function ends Python (`exit` or `quit`). It should only `return` its result."
    message = f"{type(error).__name__}: {error}".strip(": ").splitlines()[0]
    return f"{meaning(error)} Python says: `{message}`{_line(error, function)}".strip()


def meaning(error: BaseException) -> str:
    """What an error of Python or PyTorch means, or nothing if we do not know it."""
    if isinstance(error, KeyError):
        return f"There is no key {error} in this dictionary. Ask `in` first."
    for pattern, words in MEANINGS:
        found = re.search(pattern, str(error))
        if found:
            return words.format(*(group or "" for group in found.groups()))
    return ""


def _line(error: BaseException, function: Callable) -> str:
    """The learner's own line in which it happened, as words; nothing of ours."""
    file = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return ""
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
    return f" in line {frames[-1].lineno} of your cell: `{line}`" if line else ""
