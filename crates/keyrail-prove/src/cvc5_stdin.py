"""cvc5's SMT-LIB interface on standard input, by way of its Python package."""

import sys

import cvc5


class Session:
    """One solver; `(reset)` begins another."""

    def __init__(self):
        terms = cvc5.TermManager()
        self.solver = cvc5.Solver(terms)
        self.solver.setOption("tlimit-per", LIMIT)
        self.symbols = cvc5.SymbolManager(terms)
        self.parser = cvc5.InputParser(self.solver, self.symbols)

    def run(self, text):
        language = cvc5.InputLanguage.SMT_LIB_2_6
        self.parser.setIncrementalStringInput(language, "stdin")
        self.parser.appendIncrementalStringInput(text)
        while not (command := self.parser.nextCommand()).isNull():
            answer = command.invoke(self.solver, self.symbols)
            if answer:
                print(answer, end="", flush=True)


def batches(lines):
    """Complete commands, together as far as nobody waits for an answer: a parser is slow to begin."""
    text, depth, quote = "", 0, None
    for line in lines:
        for c in line:
            if quote:
                quote = None if c == quote else quote
            elif c in '"|':
                quote = c
            elif c == ";":
                break
            else:
                depth += {"(": 1, ")": -1}.get(c, 0)
        if line.startswith("(reset)"):
            yield text
            text = ""
        text += line
        if depth == 0 and not quote and line.startswith(ANSWERED):
            yield text
            text = ""


ANSWERED = ("(check-sat", "(get-", "(echo", "(reset)", "(exit")
# How long one question may take, in milliseconds.
LIMIT = sys.argv[1]
session = Session()
for batch in batches(sys.stdin):
    try:
        if batch.startswith("(reset)"):
            session = Session()
        else:
            session.run(batch)
    except Exception as error:
        message = str(error).replace('"', "'").replace("\n", " ")
        print(f'(error "{message}")', flush=True)
