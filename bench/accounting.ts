// What processes cost, from /proc. Where there is none, every reading is undefined and the rest of the bench goes on.

import { readdirSync, readFileSync } from 'node:fs'

/** Linux shows times in hundredths of a second on every platform, whatever the kernel counts in. */
const TICK_MS = 10

export interface ProcessStat {
  readonly pid: number
  readonly parent: number
  /** CPU time of all of its threads. */
  readonly ms: number
  /** Of its children that ended and were waited for. */
  readonly pastChildrenMs: number
}

/** `/proc/PID/stat`. The name stands in parentheses and may hold spaces and parentheses itself: the last one ends it. */
export function parseStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')')
  const pid = Number.parseInt(text, 10)
  const rest = text.slice(end + 2).split(' ')
  const [parent, user, system, childUser, childSystem] = [1, 11, 12, 13, 14].map(index => Number(rest[index]))
  const ms = (user! + system!) * TICK_MS
  const pastChildrenMs = (childUser! + childSystem!) * TICK_MS
  if (end === -1 || !Number.isFinite(pid + parent! + ms + pastChildrenMs)) return undefined
  return { pid, parent: parent!, ms, pastChildrenMs }
}

/** `/proc/stat`: the time that all CPUs together were busy, or were taken away by the host. */
export function parseBusy(text: string): number | undefined {
  const line = /^cpu +(.*)$/m.exec(text)?.[1]
  if (line === undefined) return undefined
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
  return (user + nice + system + irq + softirq + steal) * TICK_MS
}

/** `VmRSS` of `/proc/PID/status`, in MiB. */
export function parseResident(text: string): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]
  return kib === undefined ? undefined : Number(kib) / 1024
}

/** CPU time of the process and its living descendants, in ms. */
export function cpuOf(pid: number): number | undefined {
  const family = familyOf(pid)
  return family.length === 0 ? undefined : sum(family.map(({ ms }) => ms))
}

/** The same with descendants that are gone: what a run as a whole has used. */
export function cpuEver(pid: number): number | undefined {
  const family = familyOf(pid)
  return family.length === 0 ? undefined : sum(family.map(({ ms, pastChildrenMs }) => ms + pastChildrenMs))
}

/** Resident memory of the process and its descendants, in MiB. Pages that they share count in each. */
export function residentOf(pid: number): number | undefined {
  const all = familyOf(pid).map(each => parseResident(read(`/proc/${each.pid}/status`) ?? ''))
  return all.length === 0 || all.includes(undefined) ? undefined : sum(all as number[])
}

export function busy(): number | undefined {
  return parseBusy(read('/proc/stat') ?? '')
}

function familyOf(pid: number): ProcessStat[] {
  const everybody = process.platform === 'linux' ? everyProcess() : []
  const family = everybody.filter(each => each.pid === pid)
  for (const { pid: parent } of family) family.push(...everybody.filter(each => each.parent === parent))
  return family
}

function everyProcess(): ProcessStat[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(name => parseStat(read(`/proc/${name}/stat`) ?? ''))
    .filter(stat => stat !== undefined)
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
