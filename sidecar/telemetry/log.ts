import { pino } from 'pino'
import type { ExchangeRecord, Observe } from '../model/events.ts'
import { failureText } from '../model/outcome.ts'
import type { LogSettings } from '../model/settings.ts'

export interface Log {
  info(what: object, message: string): void
  warn(what: object, message: string): void
  error(what: object, message: string): void
}

/** Structured lines on standard output, one JSON object each. */
export function createLog(settings: LogSettings): Log {
  return pino({ level: settings.level, base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime })
}

/** One line per exchange. The names are those of RFC 9110 and of the glossary; the query may hold secrets: it is left out. */
export function accessLog(log: Log): Observe {
  return (record: ExchangeRecord) => {
    const { listener, service, member, method, host, client, status, reason, staleRetries, left } = record
    // Of no interest in nearly all lines.
    const why = failureText(record.outcome)
    const failure = why === '' ? {} : { failure: why }
    const pin = record.pin === '' ? {} : { pin: record.pin }
    const retries = record.retries + record.connectRetries
    const path = record.target.split('?', 1)[0]
    const ms = Math.round(record.ms * 100) / 100
    log.info(
      {
        listener,
        service,
        member,
        client,
        method,
        host,
        path,
        status,
        reason,
        ms,
        left,
        staleRetries,
        retries,
        ...failure,
        ...pin,
      },
      'exchange',
    )
  }
}
