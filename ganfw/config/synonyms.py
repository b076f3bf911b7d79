"""What other tools call it, and what it is called here: one table, for flags and for ``-s``."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import did_you_mean

_HERE = {
    "--batch-size": (
        "batch bs b batchsize size-batch batch-gpu train-batch-size per-device-train-batch-size "
        "minibatch mini-batch"
    ),
    "--callback ema": "ema ema-decay use-ema",
    "--config": "cfg c config-file conf yaml",
    "--data": (
        "dataset data-dir data-path data-root dataroot datapath dataset-path images-path "
        "train-dir train-data train-data-dir path source input input-dir folder"
    ),
    "--device": "backend accelerator",
    "--device cpu": "cpu no-cuda",
    "--device cuda|--nproc N for several": "gpu cuda gpu-ids gpu-id devices",
    "--nproc|--device cuda for one": "gpus num-gpus ngpu n-gpus nproc-per-node multi-gpus",
    "--disc": "discriminator d net-d netd critic",
    "--epochs": "epoch e num-epochs n-epochs nepochs max-epochs niter num-train-epochs",
    "--from": (
        "checkpoint ckpt load load-from finetune fine-tune pretrained init-from transfer weights "
        "warm-start"
    ),
    "--gen": "generator g net-g netg",
    "--gen|--disc": "model arch network-arch",
    "--latent-dim": "z-dim zdim z nz noise-dim latent latent-size dim-z code-dim noise-size",
    "--loss": "adversarial-loss gan-mode criterion loss-type gan-type",
    "--lr": "learning-rate base-lr learningrate lrate rate",
    "-s gen.optimizer.lr=RATE": "lr-g glr g-lr lrg generator-lr gen-lr",
    "-s disc.optimizer.lr=RATE": "lr-d dlr d-lr lrd discriminator-lr disc-lr ttur-mult",
    "--name": "exp-name experiment experiment-name run-name exp desc",
    "--out FOLDER|-o FILE": (
        "output o out-dir outdir output-dir output-path output-folder outfile save-dir save-path "
        "log-dir logdir results-dir results project savedir"
    ),
    "--precision bf16": "bf16 amp autocast fp16 half mixed-precision use-amp no-fp32 mixed-prec",
    "--recipe": "preset template",
    "--seed": "random-seed seeds manual-seed rng-seed",
    "--size": "image-size img-size imgsize res resolution image-dim load-size crop-size imsize",
    "--steps": (
        "iterations iters iter num-iters num-iterations max-iter max-iters max-steps num-steps "
        "num-train-steps total-steps train-steps total-iters n-iter"
    ),
    "give --steps: 1 kimg is 1000 real samples, 1000 / batch size steps": "kimg total-kimg",
    "-n": "num num-samples n-samples num-images images samples count num-generate",
    "-s train.accumulate=N": (
        "accumulate grad-accumulation gradient-accumulation gradient-accumulation-steps "
        "gradient-accumulate-every num-accumulation"
    ),
    "-s train.deterministic=true": "deterministic",
    "-s train.disc_steps=N": "n-critic ncritic critic-iters d-steps disc-iters",
    "-s gen.channels=N|-s disc.channels=N": (
        "ngf ndf channels width network-capacity cbase fmap-base nf"
    ),
    "-s data.channels=N": "nc image-channels input-nc",
    "-s gen.optimizer.use=NAME|-s disc.optimizer.use=NAME": "opt optimizer optimiser optim",
    "-s gen.optimizer.betas=[0.5,0.999]|-s disc.optimizer.betas=[0.5,0.999]": (
        "beta1 beta2 b1 b2 betas adam-beta1"
    ),
    "-s callback.checkpoints.every_epochs=N": (
        "snap snapshot save-every save-interval save-freq checkpoint-every save-epoch-freq "
        "checkpoint-interval ckpt-every"
    ),
    "-s callback.samples.every=N": "sample-every sample-interval sample-freq evaluate-every",
    "-s train.log_every=N": "log-every log-interval print-freq logging-steps log-freq",
    "-s disc.freeze=LAYERS": "freezed freeze-d freeze",
    "-s loss.r1.gamma=G, beside --loss r1": "gamma r1-gamma r1",
    "-s augment.diffaugment.policy=NAMES, beside --augment diffaugment": (
        "diffaugment diff-aug aug-types"
    ),
    "--augment": "aug augmentation augpipe aug-prob",
    "--metric": "metrics eval-metric",
    "--best": "use-best",
    "--truncation": "trunc truncation-psi psi truncation-trick",
    "--labels": "class classes label cond class-idx",
    "--plugin": "plugins import",
    "--nproc|torchrun, as ganfw guide scaling shows": "distributed ddp world-size launcher",
    "ganfw resume RUN goes on with it, ganfw run --from RUN starts another from it": (
        "resume r resume-from continue continue-train resume-path resume-training"
    ),
    "none is needed, as data is decoded once and a batch is then an index": (
        "workers j num-workers n-workers dataloader-workers nthreads"
    ),
    "the variable OMP_NUM_THREADS says how many": "threads num-threads cpu-threads n-cpu",
    "it is an argument, the folder of a run": "network-pkl network model-path",
    "pictures are saved each epoch anyway, and ganfw sample RUN makes more": (
        "generate interactive save-samples"
    ),
    "ganfw resume RUN continues exactly": "auto-resume",
    "--callback, and ganfw list callback for the trackers there are": (
        "wandb use-wandb tensorboard mlflow tracker log-with report-to logger"
    ),
    "-s train.mirror=true": "mirror flip hflip horizontal-flip",
    "--quiet|--verbose": "silent loglevel log-level debug v q",
    "--print-config": "dry-run print dryrun show-config",
}
"""What to write here, in place of each of the words behind it. ``|`` stands between several ways,
of which a command may have only some; what begins with no hyphen is a sentence."""

SYNONYMS = {word: here for here, words in _HERE.items() for word in words.split()}


_COMMANDS = {
    "run": "train fit start launch training new trainer learn",
    "resume": "continue restart finetune",
    "list": "ls plugins components search models",
    "show": "info describe inspect options view params",
    "sample": "generate gen samples infer inference predict interpolate synthesize export",
    "evaluate": "eval test score metrics fid benchmark validate judge",
    "report": "plot html dashboard plots",
    "runs": "history status experiments log logs",
    "compare": "diff",
    "guide": "docs help man doc tutorial manual",
    "new-plugin": "init create scaffold new_plugin plugin",
    "check": "lint verify",
    "doctor": "env debug version diagnose",
}
COMMANDS = {word: command for command, words in _COMMANDS.items() for word in words.split()}
"""What other tools call a command, and what it is called here."""


def meant_by(word: str) -> str:
    """What to write in place of ``word``, such as ``z_dim`` or ``--z-dim``; empty if unknown."""
    return SYNONYMS.get(word.lstrip("-").replace("_", "-").lower(), "")


def flag_hint(typed: str, flags: Collection[str]) -> str:
    """What follows an error about the unknown flag ``typed`` of a command that has ``flags``."""
    ways = meant_by(typed).split("|") if meant_by(typed) else []
    fitting = [way for way in ways if way.replace(",", "").split()[0] in flags]
    if fitting:
        return f". Did you mean {' or '.join(fitting)}?"
    if ways and not ways[0].startswith("-"):
        return f": {ways[0]}"
    return f": other commands have {' or '.join(ways)}" if ways else did_you_mean(typed, flags)
