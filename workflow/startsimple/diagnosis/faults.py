"""The faults that a diagnosis can name: what each is called, who should catch it, how to fix it."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Fault:
    """One entry of the taxonomy.

    Attributes:
        id: Fault id.
        name: The fault in a few words.
        stage: The stage of the ladder that ought to catch it.
        fix: What to change, as one sentence.
    """

    id: str
    name: str
    stage: str
    fix: str


# One entry each: id | name | stage, then the fix on indented lines.
_TABLE = """
D01|inputs not normalised|data
  Standardise every input feature once with the mean and standard deviation of the training
  split.
D02|inputs normalised twice|data
  Scale the inputs in one place only: remove the second normalisation.
D03|regression targets not scaled|data
  Standardise the targets with training statistics and undo it on predictions.
D04|NaN or infinity in the data|data
  Remove or impute the non-finite values before they reach the model.
D05|constant inputs or labels|data
  Check the loading and casting of the constant column: it carries no information.
D06|class imbalance|data
  Weight the loss by inverse class frequency or sample the classes evenly.
D07|wrong or noisy labels|data
  Check how the training labels are made and re-label the rows that disagree with their
  neighbours.
D08|features and labels misaligned|data
  Pair features and labels by key: sort both listings and shuffle them with one permutation.
D09|training rows leak into validation|data
  Split before anything else and remove rows that occur in both splits.
D10|overlapping classes or noisy inputs|data
  Remove conflicting duplicates and the noise that is added to training inputs.
D11|too little training data|gap
  Collect more training examples or start from a pretrained model.
D12|training and validation differ in distribution|gap
  Preprocess both splits alike and draw them from one distribution.
D13|augmentation wrong or too strong|data
  Weaken the augmentation until augmented examples keep their label.
D14|augmentation applied to validation|default_model
  Give the validation loader a dataset without random transforms.
D15|training data not shuffled|data
  Set shuffle=True on the training loader.
D16|channels in the wrong order|data
  Permute the axes to (N, C, H, W) with `permute`, never with `view`, and use one colour order.
D17|same random augmentation in all workers|data
  Seed each worker's generator from torch.initial_seed() in worker_init_fn.
D18|wrong dtype of inputs or labels|data
  Cast inputs to float32 without truncation, and labels to the dtype that the loss asks for.
D19|tiny last batch with batch normalisation|data
  Set drop_last=True on the training loader or choose another batch size.
M01|hidden activation missing|default_model
  Put a ReLU between the consecutive affine layers.
M02|hidden activation unfit|default_model
  Use ReLU in hidden layers, with He initialisation.
M03|last activation unfit for the task|default_model
  Remove the last activation, or use the one whose range is that of the targets.
M04|activation before a loss that applies it itself|default_model
  Pass raw logits to the loss: remove the softmax or sigmoid before it.
M05|probabilities expected, raw outputs given|default_model
  Use the loss on logits, or apply log_softmax or sigmoid before this one.
M06|loss unfit for the task|default_model
  Use cross-entropy for classes, binary cross-entropy for labels, squared error for values.
M07|loss summed instead of averaged|default_model
  Use reduction='mean', so that the step does not grow with the batch.
M08|sign of the loss flipped|overfit_batch
  Minimise the loss, not its negative: remove the minus sign.
M09|hand-written loss numerically unstable|overfit_batch
  Use the fused cross-entropy on logits instead of log, exp or division by hand.
M10|shapes broadcast inside the loss|default_model
  Bring prediction and target to one shape before the loss, with squeeze or view.
M11|samples of a batch mixed|default_model
  Use permute instead of view or reshape, and normalise over features, not over the batch.
M12|output ignores the input|default_model
  Follow the input through forward: it is dropped, overwritten or zeroed on the way.
M13|constant initial weights|default_model
  Use the layers' own random initialisation instead of a constant.
M14|scale of the initial weights wrong|default_model
  Use He (ReLU) or Glorot (tanh) initialisation and zero biases.
M15|output bias missing or badly initialised|default_model
  Give the last layer a bias and start it at the mean target.
M16|layer unused or not registered|default_model
  Hold sub-modules in nn.ModuleList and call every one in forward.
M17|layers too few, too narrow or wrongly sized|benchmark
  Widen the narrowest layer; start from the default model for this input type.
M18|layer disconnected, extra or missing|default_model
  Follow the tensors through forward: pass each layer's result on and flatten where needed.
M19|dropout too strong or misplaced|default_model
  Lower the dropout rate to at most 0.5 and keep it away from batch normalisation.
M20|batch normalisation misused|default_model
  Use a momentum near 0.1, eps 1e-5 and one normalisation layer per place.
M21|regularisation too strong|overfit_batch
  Lower the weight decay or the penalty's coefficient, starting from zero.
M23|wrong gradients|default_model
  Remove detach, .data and non-differentiable operations, and check backward against numbers.
O01|learning rate too high|overfit_batch
  Lower the learning rate tenfold.
O02|learning rate too low|overfit_batch
  Raise the learning rate tenfold.
O03|optimiser unfit|overfit_batch
  Use Adam with a learning rate of 1e-3 to start with.
O04|gradients not cleared|default_model
  Call optimizer.zero_grad() before every backward pass.
O05|optimiser step missing or misplaced|default_model
  Call zero_grad, backward and step in this order, on every batch.
O06|optimiser holds the wrong parameters|default_model
  Build the optimiser from model.parameters() after the model is complete.
O07|loss detached from the model|default_model
  Call backward on the loss tensor itself, not on its value.
O08|training or evaluation mode wrong|default_model
  Call model.train() before training and model.eval() before evaluation, every epoch.
O09|graphs kept alive|default_model
  Collect loss.item(), not the loss, and evaluate under torch.no_grad().
O10|schedule starves the learning rate|benchmark
  Step the scheduler once per epoch, or set its horizon in the unit in which it is stepped.
O11|gradient clipping unfit|overfit_batch
  Clip at a norm of about the typical gradient norm, or do without.
O12|accumulated gradients not scaled|default_model
  Divide the loss by the number of accumulated batches.
O13|batch size unfit|tune
  Use batches of 16 to 128 examples.
O14|trained too briefly or too long|gap
  Train until the validation score stops improving, and keep the best weights.
O15|no validation set|default_model
  Hold out a validation set and evaluate on it every epoch.
O16|runs do not repeat under one seed|default_model
  Seed every generator from one seed, and draw from no other source of chance.
O17|metric wrong|default_model
  Compute the metric on predictions and targets of one shape, and reset it every epoch.
O18|precision or dtype of the computation wrong|default_model
  Compute in float32; with float16 use autocast together with a gradient scaler.
"""


def _entries() -> list[Fault]:
    entries: list[Fault] = []
    for line in _TABLE.strip().splitlines():
        if not line.startswith(" "):
            entries.append(Fault(*line.split("|"), fix=""))
            continue
        last = entries[-1]
        entries[-1] = replace(last, fix=f"{last.fix} {line.strip()}".strip())
    return entries


FAULTS: dict[str, Fault] = {fault.id: fault for fault in _entries()}
