# From one flipped bit to a plot, in cells: run it whole (python3 flip_to_plot.py [PLOT.png]), or cell by cell
# in an editor or a notebook that knows "# %%".

# %% A network with its embedded parameters and 100 images
import sys
import tempfile

import fluence
import matplotlib.pyplot as plt

session = fluence.Session(fluence.networks()[0], count=100)
fault_free = session.classify()
print(f"{session.network.name}: without faults {fault_free.correct.sum()} of {len(fault_free.labels)} images are right")

# %% Every bit that can flip, and one that does
sites = session.network.sites()
print(f"{len(sites)} bits, of these by space:")
print(sites.space.value_counts())

one = session.evaluate([fluence.Fault("thresholds", layer=0, module=0, index=0, bit=23)])
print("the sign of a threshold of layer 0:")
print(one.trials[["masked", "tolerable", "critical"]])
changed = (one.scores[0] != one.fault_free.scores).any(axis=1)
print(f"it changes scores of {changed.sum()} images; of the first such one, from and to:")
image = changed.argmax()
print(one.fault_free.scores[image, :10], one.scores[0, image, :10], sep="\n")

# %% Which bits of a threshold matter? Ten of each, one a trial
thresholds = session.network.sites("thresholds", 4)
some = thresholds.groupby("bit", group_keys=False).sample(10, random_state=1)
found = session.evaluate(some, semantics="physical", progress=True)
by_bit = found.trials.assign(bit=some.bit.to_numpy()).groupby("bit")[["tolerable", "critical"]].mean()
print(by_bit)

# %% How does accuracy fall with the number of upsets? A campaign, whose statistics are the report's
campaign = fluence.run_campaign(
    {
        "name": "flip-to-plot",
        "seed": 1,
        "count": 100,
        "trials": 10,
        "part": [
            {
                "networks": session.network.name,
                "modes": "seu",
                "spaces": ["weights", "thresholds"],
                "faults": [1, 10, 100, 1000],
            }
        ],
    },
    out=tempfile.mkdtemp(),
)
statistics = campaign.statistics()
print(statistics[["space", "faults", "mean", "mean_low", "mean_high"]])

# %% The plot
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), constrained_layout=True)
by_bit.plot.bar(ax=left, stacked=True, xlabel="bit of a threshold of layer 4", ylabel="images of 100, on average")
for space, rows in statistics.groupby("space"):
    ends = [rows["mean"] - rows["mean_low"], rows["mean_high"] - rows["mean"]]
    right.errorbar(rows["faults"], rows["mean"], yerr=ends, label=space, marker="o", capsize=3)
right.set(xscale="log", xlabel="upsets a trial", ylabel="accuracy in per cent, mean and its 95 % interval")
right.axhline(100 * fault_free.correct.mean(), color="grey", linestyle=":", label="without faults")
right.legend()
plot = sys.argv[1] if len(sys.argv) == 2 and sys.argv[1].endswith(".png") else "flip_to_plot.png"
figure.savefig(plot)
print(f"see {plot}")
