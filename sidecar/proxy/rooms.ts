// Where clients that are pinned to a member wait while it has as many attempts as it may have. Others go to another
// member then; these may not, and that it is busy is no reason to tear them from it.

import type { Member } from '../cluster/member.ts'
import { createGate, type Gate } from './gate.ts'
import { queue, type Waiting } from './wait.ts'

export interface Rooms {
  /** How many wait, at all members. */
  readonly waiting: number
  /** Until the member may have one more; then gives what `take` gives. Rejects with a refusal. */
  wait<T>(x: Waiting, member: Member, take: () => T): Promise<T>
  /** The member at this address has ended something. */
  freed(address: string): void
}

/** `room`: attempts that one member may have. Every member has a queue of its own, each as long as the service's. */
export function createRooms(room: number, limits: { readonly queue: number; readonly queueTimeout: number }): Rooms {
  const gates = new Map<string, Gate>()

  function gateOf(member: Member): Gate {
    const { address } = member.endpoint
    let gate = gates.get(address)
    if (gate === undefined) {
      const { queue, queueTimeout } = limits
      gate = createGate({
        queue,
        queueTimeout,
        // Those who have been let in and have not taken their place yet are what its own count is of.
        get inFlight() {
          return room - member.inFlight
        },
      })
      gates.set(address, gate)
    }
    return gate
  }

  return {
    get waiting() {
      let sum = 0
      for (const { queued } of gates.values()) sum += queued
      return sum
    },
    async wait(x, member, take) {
      const gate = gateOf(member)
      try {
        await queue(x, gate)
        try {
          return take()
        } finally {
          // After the taking: else the next one would be let in for the same place.
          gate.leave()
        }
      } finally {
        if (gate.queued === 0 && gate.inFlight === 0) gates.delete(member.endpoint.address)
      }
    },
    freed(address) {
      gates.get(address)?.admit()
    },
  }
}
