"""Very large batches, heavy dropout, Adam at 3e-2, mnist-1d."""

import lightning as L
import torch
from mnist1d.data import get_dataset_args, make_dataset
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Data(L.LightningDataModule):
    def prepare_data(self):
        args = get_dataset_args()
        args.num_samples, args.seed, args.corr_noise_scale, args.shear_scale = 1200, 1, 0.05, 0.2
        args.max_translation = 12
        self.arrays = make_dataset(args)

    def setup(self, stage=None):
        a = self.arrays
        self.train = TensorDataset(torch.tensor(a["x"]).float(), torch.tensor(a["y"]))
        self.val = TensorDataset(torch.tensor(a["x_test"]).float(), torch.tensor(a["y_test"]))

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=512, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.val, batch_size=512)


class Model(L.LightningModule):
    max_epochs = 60

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(40, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)
        )

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y)

    def validation_step(self, batch, batch_idx):
        x, y = batch
        self.log("val_acc", (self(x).argmax(1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-2)
