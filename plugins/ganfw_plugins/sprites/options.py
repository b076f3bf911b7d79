"""Options of the sprites."""

from __future__ import annotations

from pydantic import Field

from ganfw import DataFacts, Options


class SpritesOptions(Options):
    """How many creatures of how many species."""

    species: int = Field(60, ge=1, le=10_000, description="Number of species, the classes")
    individuals: int = Field(64, ge=1, le=100_000, description="Number of pictures of each species")
    size: int = Field(64, ge=8, le=1024, description="Height and width in pixels")
    seed: int = Field(0, ge=0, lt=2**63, description="Seed of the species and their pictures")

    def facts(self) -> DataFacts:
        """All of it: they are drawn as the options say."""
        return DataFacts(self.species * self.individuals, self.size, self.species)


class PairsOptions(SpritesOptions):
    """The same; species are no classes, as labels are pictures."""

    def facts(self) -> DataFacts:
        """All of it too."""
        return DataFacts(self.species * self.individuals, self.size, 0)
