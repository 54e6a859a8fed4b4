import { itTells, services } from './told.ts'

describe('config: settings of one service that do not go together', () => {
  itTells([
    [
      'a check that outlasts the time between two',
      services(`
        web:
          endpoints: ["x:1"]
          health:
            http: /readyz
            every: 1s
            timeout: 1001ms
      `),
      'f:8:16: services.web.health.timeout: "1001ms" is longer than every, "1s"; a check must end before the next begins',
    ],
    [
      'a check that outlasts the default time between two',
      services('web: { endpoints: ["x:1"], health: { tcp: true, timeout: 6s } }'),
      'f:3:60: services.web.health.timeout: "6s" is longer than every, "5s"; a check must end before the next begins',
    ],
    [
      'a body that a HEAD is to have',
      services('web: { endpoints: ["x:1"], health: { http: { method: HEAD, body: ok } } }'),
      'f:3:68: services.web.health.http.body: is never found; the answer to a HEAD has no body',
    ],
    [
      'adaptive limits the wrong way round, together with what else is wrong',
      services(`
        a: { endpoints: ["x:1"], limits: { adaptive: { least: 10, most: 5 }, queue: -1 } }
        b: { endpoints: ["x:1"], limits: { adaptive: { least: 65 }, inFlight: 64 } }
        c: { endpoints: ["x:1"], limits: { adaptive: { least: 2000 } } }
      `),
      `
        f:3:57: services.a.limits.adaptive.least: 10 is more than most, 5
        f:3:79: services.a.limits.queue: -1 is not allowed; expected a whole number, 0 to 1000000
        f:4:57: services.b.limits.adaptive.least: 65 is more than most, which is limits.inFlight, 64
        f:5:57: services.c.limits.adaptive.least: 2000 is more than most, which is limits.inFlight, 1024
      `,
    ],
    [
      'what an alias repeats, at its anchor',
      services(`
        a: { endpoints: ["x:1"], health: &h { tcp: true, every: 1s, timeout: 2s } }
        b: { endpoints: ["x:1"], health: *h }
      `),
      `
        f:3:72: services.a.health.timeout: "2s" is longer than every, "1s"; a check must end before the next begins
        f:3:72: services.b.health.timeout: "2s" is longer than every, "1s"; a check must end before the next begins
      `,
    ],
    [
      'nothing, where one of the two is wrong by itself',
      services(`
        web:
          endpoints: ["x:1"]
          health: { tcp: true, every: 1, timeout: 2s }
          limits: { inFlight: few, adaptive: { least: 10 } }
      `),
      `
        f:5:33: services.web.health.every: 1 has no unit; write 1s or 1ms
        f:6:25: services.web.limits.inFlight: "few" is not allowed; expected a whole number, 1 to 1000000
      `,
    ],
  ])
})
