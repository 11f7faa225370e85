"""Where each module's parameters begin among the Voice's 78 columns."""

import numpy as np

NUM_COLUMNS = 78
KEYBOARD = np.int64(0)
ADSR_1 = np.int64(2)
ADSR_2 = np.int64(7)
LFO_1 = np.int64(12)
LFO_2 = np.int64(20)
LFO_1_AMP = np.int64(28)
LFO_2_AMP = np.int64(33)
LFO_1_RATE = np.int64(38)
LFO_2_RATE = np.int64(43)
MATRIX = np.int64(48)
VCO_1 = np.int64(68)
VCO_2 = np.int64(71)
MIXER = np.int64(75)
# Beyond the parameters, on the GPU: what is the same for all samples of a sound.
LOWEST = np.int64(78)
HIGHEST = np.int64(79)
STEEPNESS = np.int64(80)
LEVEL = np.int64(81)
PHASE_1 = np.int64(82)
PHASE_2 = np.int64(83)
