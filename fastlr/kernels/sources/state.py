"""Places in the state arrays that kernels share with their callers, and what kernels return.

Every kernel sees these names: with Cython they are an ``enum``, with Numba constants.
"""

# ``clock`` of SGD; after `INTERCEPT_SUMS` there is a place for each output. Without averaging it ends after `LOSS`.
SCALE = 0  # what the stored weights are to be multiplied by
OWED = 1  # the L1 penalty due since training began, in units of the stored weights
N_STEPS = 2
LOSS = 3  # the sum of the losses of the rows seen
SCALE_SUM = 4  # of the averaged iterates
OWED_SUM = 5  # the sum of SCALE times OWED
INTERCEPT_SUMS = 6

# Number of rows whose terms are multiplied before the logarithm is taken, where losses are summed that way. Callers cut
# slices at multiples of it, counted from the first row of the call or of the batch, so that sums do not depend on time.
LOSS_BLOCK = 16

# ``clock`` of AdaGrad and FTRL, which goes on with `N_STEPS` and `LOSS`.
DUE_L1 = 0
DUE_L2 = 1

# ``counts`` of an average.
N_AVERAGED = 0
FIRST_AVERAGED = 1  # the first step, counted from 1, whose iterate counts
N_HISTORY = 2  # rows of ``history`` in use, less one

# ``state`` of a pass over documents.
DOCUMENT = 0
POSITION = 1  # in the buffer
N_CARRIED = 2  # hashes of the last batch, for n-grams that go on
N_WAITING = 3  # hashes to be counted
WRITTEN = 4  # entries
N_SLOTS = 5  # of the table, in use by the document
N_TERMS = 6  # n-grams learned
AT_END = 7  # whether the document is read
SPELLING_SIZE = 8  # bytes of the word whose character n-grams are being read
NGRAM_SIZE = 9  # their letters
NGRAM_BEGIN = 10  # where in the spelling the next one is
NGRAM_END = 11
WORD_BEGIN = 12  # where in the buffer that word is
WORD_END = 13
N_LETTERS = 14  # of the word that was last read letter by letter
LETTERS_END = 15
KIND = 16  # of its first letter
HALVES = 17  # whether any of the hashes to be counted is half a word

# How documents are split: into runs of letters, tokens between white space, or runs of letters and symbols; or into
# n-grams of the characters of each token between white space, or of the whole document.
LETTERS = 0
INK = 1
SYMBOLS = 2
WITHIN_TOKENS = 3
WHOLE = 4

# What a character is where documents are split into symbols too, in its entry of ``changes`` from bit `KIND_SHIFT` on.
KIND_SHIFT = 22
ALONE = 1  # a token of its own, with the marks that follow
HALF = 2  # half a word
MARK = 4  # belongs to what it follows
SKIPPED = 8

# What a pass over documents returns: it is at its end or its budget is used up, or why it cannot go on.
DONE = 0
INVALID = 1  # bytes that are not UTF-8
OUTPUT_FULL = 2  # for entries
TABLE_FULL = 3  # in the table
SCRATCH_FULL = 4  # for the spelling of a word
