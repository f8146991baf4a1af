# simple cnn on 8x8 digits, my first pytorch project
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from sklearn.datasets import load_digits
from torch.utils.data import DataLoader, TensorDataset, random_split

torch.manual_seed(1234)
batch_size = 64
n_epochs = 8

digits = load_digits()
data = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1)
data = (data - data.mean()) / data.std()
labels = torch.tensor(digits.target, dtype=torch.long)
dataset = TensorDataset(data, labels)
train_set, test_set = random_split(dataset, [1437, 360])
train_loader = DataLoader(train_set, batch_size=batch_size, shuffle=True)
test_loader = DataLoader(test_set, batch_size=batch_size)


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3, padding=1)
        self.fc1 = nn.Linear(80, 50)
        self.fc2 = nn.Linear(50, 10)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = x.view(-1, 80)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


network = Net()
optimizer = optim.Adam(network.parameters(), lr=0.3)


def train(epoch):
    network.train()
    for batch_idx, (x, target) in enumerate(train_loader):
        optimizer.zero_grad()
        output = network(x)
        loss = F.cross_entropy(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % 10 == 0:
            print(
                "Train Epoch: {} [{}/{}]\tLoss: {:.6f}".format(
                    epoch, batch_idx * batch_size, len(train_set), loss.item()
                )
            )


def test():
    network.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for x, target in test_loader:
            output = network(x)
            test_loss += F.cross_entropy(output, target, reduction="sum").item()
            correct += output.argmax(1).eq(target).sum().item()
    test_loss /= len(test_set)
    print(
        "\nTest set: Avg. loss: {:.4f}, Accuracy: {}/{}\n".format(test_loss, correct, len(test_set))
    )
    return correct / len(test_set)


for epoch in range(1, n_epochs + 1):
    train(epoch)
    acc = test()
print("final accuracy %.4f" % acc)
