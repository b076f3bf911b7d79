"""Early stopping: Prechelt 1998, "Early stopping - but when?", the criterion UP, by the run's first
metric."""

from pydantic import Field

from ganfw import Callback, Component, Options, hookimpl, log


class EarlyStopOptions(Options):
    patience: int = Field(5, ge=1, le=10_000, description="Scores in a row that are no best")


class EarlyStop(Callback):
    """Stops the run when its generator has been no better for ``patience`` scores."""

    def __init__(self, options):
        super().__init__(options)
        self.worse = 0

    def on_scores(self, event):
        self.worse = 0 if event.is_best else self.worse + 1
        if self.worse >= self.options.patience:
            log.info("no better for %d scores", self.worse)
            event.run.request_stop(f"no better for {self.worse} scores")

    def state_dict(self):
        return {"worse": self.worse}

    def load_state_dict(self, state):
        self.worse = state["worse"]


@hookimpl
def ganfw_components():
    options, summary = "early_stop:EarlyStopOptions", "Ends a run that gets no better"
    return [Component("callback", "early-stop", "early_stop:EarlyStop", options, summary)]
