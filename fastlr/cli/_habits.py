"""Answers to options and commands of other programs: fastText, Vowpal Wabbit, scikit-learn and the like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

# What to use here, and what it is called elsewhere: without dashes and underscores, and in lower case.
OPTIONS = {
    "the data are an argument, as in fastlr train DATA -o MODEL":
        "input d data dataset file infile inputfile train trainfile trainingfile x xtrain",
    "the model is an argument, as in fastlr predict MODEL DATA":
        "model i modelfile modelpath initialregressor load",
    "fastlr train and predict have -o FILE":
        "output f finalregressor out outfile outputfile outputpath save savemodel modelout p predictions",
    "fastlr evaluate MODEL DATA and fastlr predict MODEL DATA do not train":
        "t testonly test testfile",
    "fastlr train has --valid FILE|SHARE":
        "autotunevalidation validation validationdata validationfile validset valset dev devset eval evalset testsize "
        "validationfraction validationsplit valsize holdout holdoutperiod cv",
    "fastlr train has --valid 0":
        "holdoutoff novalidation noholdout",
    "the penalty strength is chosen by fastlr train --valid FILE|SHARE, and nothing else needs tuning":
        "autotuneduration autotunemodelsize autotunemetric autotunepredictions autotune gridsearch",
    "fastlr train has --ngrams N":
        "wordngrams ngram ngramrange maxngram",
    "fastlr train has --passes N":
        "epoch epochs maxiter niter niters iterations numepochs nepochs maxepochs numpasses",
    "the learning rate is chosen automatically":
        "lr l learningrate lrupdaterate eta eta0 powert initialt decaylearningrate learningratedecay rate stepsize",
    "fastlr train has --penalty l1|l2|elasticnet with --alpha A or --C C":
        "l1 l2 l1ratio lambda lambda1 lambda2 reg regularization regparam",
    "the loss is always logistic, with softmax for more than two classes":
        "loss lossfunction objective link multiclass oaa ect logmulti csoaa",
    "fastlr train has --optimizer sgd|adagrad|ftrl":
        "solver adaptive ftrl adagrad bfgs algorithm optim",
    "the number of epochs is fixed before training by --passes N":
        "tol tolerance earlystopping niternochange patience",
    "documents are hashed to 2**22 columns, and fastlr.TextClassifier in Python has n_features":
        "b bitprecision bucket buckets nfeatures maxfeatures hashbits",
    "rare words are dropped automatically":
        "mincount mindf maxdf mincountlabel cutoff stopwords",
    "fastlr train has --analyzer":
        "minn maxn charngrams tokenizer tokenize tokens",
    "words are weighted by tf-idf and in lower case":
        "lowercase useidf tfidf sublineartf smoothidf vectorizer norm",
    "there are no word vectors":
        "dim size vectorsize ws neg pretrainedvectors saveoutput embeddings",
    "fastlr train has --class-weight balanced|LABEL=W,...":
        "classweights balanced balance",
    "fastlr train and evaluate have --weight COLUMN":
        "sampleweight weights weightcolumn weightcol weightscolumn",
    "every command that reads data has --label COLUMN":
        "labels labelcolumn labelcol target targetcolumn targetcol y ytrain classcolumn response",
    "every command that reads data has --text COLUMN":
        "textcolumn textcol textcolumns inputcolumn featurecolumn",
    "every command that reads data has --sep CHAR":
        "delimiter delim separator",
    "every command that reads data has --skip-bad-lines":
        "onbadlines skiperrors ignoreerrors skipbad errorbadlines skipbadrows",
    "fastlr predict has --id COLUMN":
        "idcolumn idcol index indexcol key",
    "fastlr predict has --top K":
        "k topk",
    "fastlr predict has --proba":
        "prob probs probability probabilities predictproba predictprob r rawpredictions scores",
    "fastlr predict has --to FORMAT":
        "outputformat outformat csv jsonl",
    "fastlr train, evaluate and predict have --threads N":
        "thread nthread nthreads numthreads njobs jobs j numworkers",
    "fastlr train has --seed N":
        "randomseed randomstate rngseed",
    "fastlr inspect MODEL prints the words with the largest weights":
        "readablemodel inverthash audit",
    "no cache is needed, and the cost of errors is --C C of fastlr train":
        "c cache cachefile killcache cost",
    "fastlr train, evaluate, predict and convert have -q":
        "silent verbose verbosity v progress",
}  # fmt: skip

COMMANDS = {
    "use fastlr train DATA -o MODEL":
        "supervised trainsupervised fit learn",
    "use fastlr evaluate MODEL DATA":
        "test testlabel eval score validate validation benchmark",
    "use fastlr predict MODEL DATA, with --top K or --proba for probabilities":
        "predictprob predictproba classify infer inference prediction",
    "use fastlr inspect MODEL":
        "dump info show describe weights explain",
    "use fastlr convert MODEL FILE.onnx":
        "export onnx",
    "fastlr train DATA --penalty l1 -o MODEL makes a small model":
        "quantize",
    "there are no word vectors":
        "skipgram cbow nn analogies printwordvectors printsentencevectors printngrams",
    "use fastlr --help":
        "help",
    "use fastlr --version":
        "version",
}  # fmt: skip


def plain(name: str) -> str:
    """Return a name as the tables spell it."""
    return name.lstrip("-").replace("-", "").replace("_", "").lower()


def answer(name: str, table: dict[str, str]) -> str | None:
    """Return what a table says to use for a name; None if it does not know it."""
    return next((here for here, elsewhere in table.items() if plain(name) in elsewhere.split()), None)


class AnsweringCommand(click.Command):
    """A command that answers options of other programs by what to use here."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments."""
        self._refuse_options(ctx, args)  # first, because "-output" would be "-o utput"
        return super().parse_args(ctx, args)

    def _refuse_options(self, ctx: click.Context, args: Sequence[str]) -> None:
        """Raise UsageError for the first option that the command lacks, if it is known, or spelt like one it has."""
        takes_value = {
            name: not (option.is_flag or option.count)
            for option in self.get_params(ctx)
            if isinstance(option, click.Option)
            for name in (*option.opts, *option.secondary_opts)
        }
        for name in _unknown(args, takes_value, self.allow_interspersed_args):
            meant = [own for own in takes_value if plain(own) == plain(name) and len(plain(own)) > 1]
            here = f"use {meant[0]}" if meant else answer(name, OPTIONS)
            if here is not None:
                raise click.UsageError(f"No such option {name!r}: {here}.", ctx)


def _unknown(args: Sequence[str], takes_value: dict[str, bool], interspersed: bool) -> Iterator[str]:
    """Yield the options that are not among those of which it is known whether a value follows."""
    left = iter(args)
    for argument in left:
        name, equals, _ = argument.partition("=")
        if argument == "--" or not (interspersed or argument.startswith("-")):
            return
        if takes_value.get(name) and not equals:
            next(left, None)
        if argument.startswith("-") and len(argument) > 1 and name not in takes_value:
            yield name


def refuse_command(name: str, ctx: click.Context) -> None:
    """Raise UsageError for a command that is known elsewhere."""
    here = answer(name, COMMANDS)
    if here is not None:
        raise click.UsageError(f"No such command {name!r}: {here}.", ctx)
