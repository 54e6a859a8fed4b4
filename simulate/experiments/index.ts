import type { Experiment } from '../experiment.ts'
import { beyondRoundRobin } from './beyond-round-robin.ts'
import { fastFailing } from './fast-failing.ts'
import { heavyTail } from './heavy-tail.ts'
import { loadReports } from './load-reports.ts'
import { retryAmplification } from './retry-amplification.ts'
import { twoChoices } from './two-choices.ts'

/** By the name that the command knows. */
export const experiments: Readonly<Record<string, Experiment>> = {
  'beyond-round-robin': beyondRoundRobin,
  'fast-failing': fastFailing,
  'heavy-tail': heavyTail,
  'load-reports': loadReports,
  'two-choices': twoChoices,
  'retry-amplification': retryAmplification,
}
