// What a service is set to when its configuration says nothing: asked of the configuration, so that it cannot differ.
import { parseConfig } from '../sidecar/config/load.ts'

const { services } = parseConfig(
  'listeners: [{ listen: 127.0.0.1:1, service: web }]\nservices: { web: { endpoints: [127.0.0.1:2] } }\n',
  'simulate/defaults.ts',
)

export const { ejection, panic, retries } = services[0]!
