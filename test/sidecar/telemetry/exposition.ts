/** A strict reader of the Prometheus text format 0.0.4: whatever a scraper might stumble over is an error here. */
export interface Family {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export function readExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line does not end')
  const families = new Map<string, Family & { samples: Sample[] }>()
  const series = new Set<string>()
  let help: RegExpExecArray | undefined
  let current: (Family & { samples: Sample[] }) | undefined
  for (const line of text.split('\n')) {
    if (line === '') continue
    if (line.startsWith('# HELP ')) {
      help = match(/^# HELP ([a-z][a-z0-9_]*) (\S.*\S)$/, line)
    } else if (line.startsWith('#')) {
      const [, name, type] = match(/^# TYPE ([a-z][a-z0-9_]*) (counter|gauge|histogram)$/, line)
      if (help?.[1] !== name) throw new Error(`${name} has no HELP just before its TYPE`)
      if (families.has(name!)) throw new Error(`${name} comes twice`)
      if ((type === 'counter') !== name!.endsWith('_total')) throw new Error(`${name} is called what it is not`)
      current = { name: name!, type: type!, help: help![2]!, samples: [] }
      families.set(name!, current)
    } else {
      const sample = readSample(line)
      const { name, type } = current ?? { name: '', type: '' }
      const parts = type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
      if (!parts.includes(sample.name)) throw new Error(`${line} stands under ${name}`)
      if (type !== 'gauge' && sample.value < 0) throw new Error(`${line} has counted backwards`)
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()])
      if (series.has(key)) throw new Error(`${line}: the same series again`)
      series.add(key)
      current!.samples.push(sample)
    }
  }
  for (const family of families.values()) if (family.type === 'histogram') checkHistogram(family)
  return families
}

function readSample(line: string): Sample {
  const [, name, inner, value] = match(/^([a-z][a-z0-9_]*)(?:\{(.*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/, line)
  const labels: Record<string, string> = {}
  let rest = inner ?? ''
  while (rest !== '') {
    const [whole, label, text] = match(/^([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/, rest)
    if (label! in labels) throw new Error(`${line}: ${label} twice`)
    labels[label!] = text!
    rest = rest.slice(whole!.length)
  }
  return { name: name!, labels, value: Number(value) }
}

/** Buckets grow with their bound, and the last one holds everything. */
function checkHistogram({ name, samples }: Family): void {
  const groups = grouped(samples)
  for (const [labels, group] of groups) {
    const buckets = group.filter(sample => sample.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels }) => (labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)))
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${labels} has no last bucket`)
    for (let i = 1; i < buckets.length; i++) {
      const grows = bounds[i]! > bounds[i - 1]! && buckets[i]!.value >= buckets[i - 1]!.value
      if (!grows) throw new Error(`${name}${labels} is not cumulative at ${bounds[i]}`)
    }
    const only = (part: string) => group.filter(sample => sample.name === `${name}_${part}`)
    if (only('sum').length !== 1 || only('count').length !== 1)
      throw new Error(`${name}${labels} lacks its sum or count`)
    if (only('count')[0]!.value !== buckets.at(-1)!.value) throw new Error(`${name}${labels} counts in two ways`)
  }
}

function labelsButBound({ labels: { le, ...labels } }: Sample): string {
  return JSON.stringify(labels)
}

function grouped(samples: readonly Sample[]): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = labelsButBound(sample)
    groups.set(key, [...(groups.get(key) ?? []), sample])
  }
  return groups
}

function match(pattern: RegExp, line: string): RegExpExecArray {
  const found = pattern.exec(line)
  if (found === null) throw new Error(`not to be read: ${line}`)
  return found
}
