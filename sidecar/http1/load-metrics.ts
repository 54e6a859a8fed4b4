// `endpoint-load-metrics`, the response field of ORCA (Open Request Cost Aggregation), as gRPC's A51 and Envoy have it:
// `TEXT name=value, ...` or `JSON {...}`. Of all that may be in it we want two numbers.
import { type LoadReport, UNUSABLE } from '../model/load-report.ts'

const LONGEST = 2048

/** Never throws, whatever a server writes there. */
export function parseLoad(value: string): LoadReport {
  if (value.length > LONGEST) return UNUSABLE
  if (value.startsWith('TEXT ')) return parseText(value)
  if (value.startsWith('JSON ')) return parseJson(value.slice(5))
  return UNUSABLE
}

/** Envoy takes a colon for the sign, too. */
function parseText(value: string): LoadReport {
  let inFlight = -1
  let application = -1
  let cpu = -1
  for (let from = 5; from < value.length; ) {
    const comma = value.indexOf(',', from)
    const to = comma === -1 ? value.length : comma
    const part = value.slice(from, to)
    const sign = part.search(/[=:]/)
    if (sign > 0) {
      const name = part.slice(0, sign).trim()
      if (name === 'named_metrics.in_flight') inFlight = read(part.slice(sign + 1))
      else if (name === 'application_utilization') application = read(part.slice(sign + 1))
      else if (name === 'cpu_utilization') cpu = read(part.slice(sign + 1))
    }
    from = to + 1
  }
  return reportOf(inFlight, application, cpu)
}

/** Names in JSON may be written in both ways (protobuf's JSON mapping). */
function parseJson(value: string): LoadReport {
  try {
    const all = JSON.parse(value)
    const named = all.named_metrics ?? all.namedMetrics
    const application = all.application_utilization ?? all.applicationUtilization
    return reportOf(named?.in_flight, application, all.cpu_utilization ?? all.cpuUtilization)
  } catch {
    return UNUSABLE
  }
}

/** As the specification has it: application over CPU. */
function reportOf(inFlight: unknown, application: unknown, cpu: unknown): LoadReport {
  if (!isCount(inFlight)) return UNUSABLE
  return { inFlight, utilization: isCount(application) ? application : isCount(cpu) ? cpu : -1 }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= MOST
}

function read(text: string): number {
  const digits = text.trim()
  return /^\d{1,9}(?:\.\d*)?(?:[eE][+-]?\d{1,2})?$/.test(digits) ? Number(digits) : -1
}

/** More is a mistake, or a lie. */
const MOST = 1_000_000
