// What has been proven of queues. Times are in mean service times, waiting and service together; `load` is the share of
// the time that a server works.

/**
 * Servers without number, each request to the shortest of `choices` queues drawn at random: the supermarket model
 * (Mitzenmacher 2001, Vvedenskaya, Dobrushin and Karpelevich 1996). With one choice it is M/M/1.
 */
export function supermarket(load: number, choices: number): number {
  if (choices === 1) return 1 / (1 - load)
  let sum = 0
  for (let i = 1; ; i++) {
    const term = load ** ((choices ** i - choices) / (choices - 1))
    if (term < 1e-12) return sum
    sum += term
  }
}

/** One queue for all servers: M/M/n by Erlang's C formula. Nobody who assigns requests at once can do better. */
export function oneQueue(load: number, servers: number): number {
  const offered = load * servers
  // Erlang's B by its recursion; the factorials would overflow.
  let blocked = 1
  for (let n = 1; n <= servers; n++) blocked = (offered * blocked) / (n + offered * blocked)
  const waits = blocked / (1 - load * (1 - blocked))
  return 1 + waits / (servers * (1 - load))
}

/** Any distribution of service, Poisson arrivals: M/G/1 by Pollaczek and Khinchine. */
export function anyService(load: number, variation: number): number {
  return 1 + (load * (1 + variation)) / (2 * (1 - load))
}

/**
 * The share that goes to a host that answers within `ms`, when each of the `others` takes `theirs` and all have equally
 * many in flight: what counting what is in flight comes to when the load is high.
 */
export function shareWhenEven(ms: number, others: number, theirs: number): number {
  return 1 / ms / (1 / ms + others / theirs)
}
