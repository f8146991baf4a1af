"""A module is trained as its trainer would: schedules, hooks, callbacks and counters included."""

import lightning
import pytest
import torch
import torch.nn.functional as F
import torchmetrics
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    LearningRateMonitor,
    ModelCheckpoint,
)
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from startsimple.program.fit import observe_module
from startsimple.program.loaders import loaders_of, random_examples
from startsimple.program.repeats import runs_repeat
from startsimple.program.trainer import NoSuchFieldError, Plan


def rows(count, seed):
    x = torch.randn(count, 4, generator=torch.Generator().manual_seed(seed))
    return TensorDataset(x, (x[:, 0] > 0).long())


class Data(lightning.LightningDataModule):
    def setup(self, stage=None):
        self.sets = rows(100, 0), rows(60, 1)

    def train_dataloader(self):
        return DataLoader(self.sets[0], 20, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.sets[1], 20)


class Model(lightning.LightningModule):
    max_epochs = 4

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(4, 2)
        self.accuracy = torchmetrics.Accuracy(task="multiclass", num_classes=2)
        self.seen = []

    def training_step(self, batch, batch_idx):
        return F.cross_entropy(self.net(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", F.cross_entropy(self.net(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def trained(model, data=None):
    program, trace = observe_module(model, data or Data(), 30)
    assert trace.error == "", trace.error
    return program, trace


class Scheduled(Model):
    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), 0.1)
        total = self.trainer.estimated_stepping_batches
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=total)
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]


def test_a_schedule_over_all_steps_lasts_to_the_end():
    program, trace = trained(Scheduled())
    assert len(trace.steps) == Plan(5, 4).steps == 20
    assert program.optimizers()[0].param_groups[0]["lr"] < 0.1


class Centred(Data):
    def on_after_batch_transfer(self, batch, dataloader_idx):
        x, y = batch
        noise = 0.1 * torch.randn_like(x) if self.trainer.training else 0
        return x + 100 + noise, y


def test_batches_go_through_the_hooks_of_the_data():
    program, _ = trained(Model(), Centred())
    assert program.train[0][0].mean() == pytest.approx(100, abs=1)
    assert program.val[0][0].mean() == pytest.approx(100, abs=1)


def test_chance_in_a_hook_is_seen_and_only_where_it_is():
    loaders = loaders_of(Model(), Centred())
    assert random_examples(loaders.train) and not random_examples(loaders.val)


class Stream(IterableDataset):
    def __iter__(self):
        yield from rows(40, 0)


class Streaming(Data):
    def train_dataloader(self):
        return DataLoader(Stream(), 20)


def test_a_stream_is_trained_on_and_not_asked_for_single_examples():
    trace = trained(Model(), Streaming())[1]
    assert len(trace.steps) == 8 and trace.facts["random_train"] is False


class OwnHook(Model):
    def on_before_batch_transfer(self, batch, dataloader_idx):
        return batch[0] - 50, batch[1]


def test_batches_go_through_the_hooks_of_the_module():
    assert trained(OwnHook())[0].train[0][0].mean() == pytest.approx(-50, abs=1)


class Impatient(Model):
    def configure_callbacks(self):
        return EarlyStopping("val_loss", patience=1, min_delta=10.0)


class Patient(Model):
    def configure_callbacks(self):
        return [EarlyStopping("val_loss", patience=3)]


def test_early_stopping_ends_training():
    trace = trained(Impatient())[1]
    assert trace.facts["stopped"] == 2 and len(trace.steps) == 10
    assert "stopped" not in trained(Patient())[1].facts


class Told(Callback):
    def __init__(self):
        self.heard = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.heard.append(sorted(trainer.callback_metrics))

    def on_validation_end(self, trainer, pl_module):
        self.heard.append(trainer.current_epoch)


class Telling(Model):
    def configure_callbacks(self):
        self.told = Told()
        return [self.told, ModelCheckpoint(monitor="val_loss"), LearningRateMonitor()]


def test_callbacks_hear_of_validation_before_the_epoch_ends():
    model = Telling()
    trained(model)
    assert model.told.heard[:2] == [0, ["val_loss", "val_loss_epoch"]]
    assert model.told.heard[-2] == 3


class Counted(Model):
    def validation_step(self, batch, batch_idx):
        self.accuracy(self.net(batch[0]), batch[1])
        self.log("val_acc", self.accuracy)


def test_what_counts_by_itself_is_asked_once_an_epoch_and_reset():
    model = Counted()
    logged = trained(model)[1].logged["val_acc"]
    with torch.no_grad():
        x, y = rows(60, 1).tensors
        share = float((model.net(x).argmax(1) == y).float().mean())
    assert len(logged) == 4 and logged[-1] == pytest.approx(share)
    assert not model.accuracy.update_called


class Plateau(Model):
    def validation_step(self, batch, batch_idx):
        # The last batch says that nothing improves; the mean over the epoch does improve.
        epoch = self.trainer.current_epoch
        self.log("val_loss", 1.0 if batch_idx == 2 else 1.0 - 0.1 * epoch)

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), 0.1)
        self.schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
        plan = {"scheduler": self.schedule, "monitor": "val_loss"}
        return {"optimizer": optimizer, "lr_scheduler": plan}


def test_a_plateau_is_one_of_the_mean_over_the_epoch_that_ended():
    model = Plateau()
    trained(model)
    assert model.schedule.optimizer.param_groups[0]["lr"] == 0.1
    assert model.schedule.best == pytest.approx(1 - 0.2 * 3 / 3 + 0.0, abs=0.01)


class Late(Model):
    def __init__(self):
        super().__init__()
        del self.net

    def configure_model(self):
        if not hasattr(self, "net"):
            self.net = nn.Linear(4, 2)


def test_layers_that_are_made_late_are_part_of_the_program():
    assert {name for name, _ in trained(Late())[0].model.named_parameters()} == {
        "net.weight",
        "net.bias",
    }


class Measuring(Model):
    def __init__(self):
        super().__init__()
        self.register_buffer("centre", torch.zeros(4))

    def on_fit_start(self):
        self.centre.copy_(self.trainer.datamodule.sets[0].tensors[0].mean(0) + 5)


def test_what_is_measured_when_training_starts_is_part_of_the_program():
    assert bool((trained(Measuring())[0].model.centre > 4).all())


def test_a_module_that_measures_when_training_starts_is_built_twice_as_well():
    def make():
        torch.manual_seed(0)
        return Measuring(), Data()

    assert runs_repeat(make)


class Logging(Model):
    def training_step(self, batch, batch_idx):
        self.logger.experiment.add_histogram("weights", self.net.weight, self.global_step)
        self.print("a line")
        return super().training_step(batch, batch_idx)


def test_a_logger_takes_everything():
    trained(Logging())


class Asking(Model):
    def training_step(self, batch, batch_idx):
        return self.trainer.profiler_of_mine


def test_what_only_a_real_trainer_has_is_said_and_is_no_fault():
    _, trace = observe_module(Asking(), Data(), 30)
    assert trace.error.startswith(NoSuchFieldError.__name__) and "profiler_of_mine" in trace.error
