"""Small ConvNet on 8x8 glyphs, Keras-like fit()."""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(31)


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.classifier = nn.Linear(32 * 4, 10)

    def forward(self, x):
        return self.classifier(self.features(x))


class KerasLike:
    def __init__(self, net):
        self.net = net

    def compile(self, optimizer, loss, schedule):
        self.optimizer, self.loss, self.schedule = optimizer, loss, schedule

    def fit(self, x, y, validation_data, epochs, batch_size):
        history = []
        for _ in range(epochs):
            self.net.train()
            for idx in torch.randperm(len(x)).split(batch_size):
                self.optimizer.zero_grad()
                self.loss(self.net(x[idx]), y[idx]).backward()
                self.optimizer.step()
            self.schedule.step()
            history.append(self.evaluate(*validation_data))
        return history

    def evaluate(self, x, y):
        self.net.eval()
        with torch.no_grad():
            return (self.net(x).argmax(1) == y).float().mean().item()


d = load_digits()
X = torch.tensor(d.images, dtype=torch.float32).unsqueeze(1) / 16 - 0.5
Y = torch.tensor(d.target)
p = torch.randperm(len(X))
tr, va = p[:1300], p[1300:]
net = ConvNet()
opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
m = KerasLike(net)
m.compile(opt, nn.CrossEntropyLoss(), torch.optim.lr_scheduler.ExponentialLR(opt, 0.85))
hist = m.fit(X[tr], Y[tr], (X[va], Y[va]), epochs=10, batch_size=32)
print("final val_acc", hist[-1])
