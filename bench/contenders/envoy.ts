import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, isProgram, versionOf } from '../programs.ts'
import type { Contender, Site } from './contender.ts'

export const envoy: Contender = {
  name: 'envoy',
  recipe() {
    const program = process.env.ENVOY ?? findProgram('envoy')
    if (program === undefined) return { missing: 'not on the PATH, and ENVOY names none' }
    if (!isProgram(program)) return { missing: `ENVOY is ${program}, which cannot be run` }
    return {
      version: versionOf(program, '--version'),
      command: site => {
        const config = join(site.folder, 'envoy.json')
        writeFileSync(config, JSON.stringify(configuration(site)))
        const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'error']
        return [program, '-c', config, ...flags]
      },
    }
  },
}

/** Fields that no other proxy here adds are turned off; X-Forwarded-For comes with `use_remote_address`. */
function configuration({ port, endpoints }: Site) {
  const extension = 'type.googleapis.com/envoy.extensions'
  const manager = {
    '@type': `${extension}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    codec_type: 'HTTP1',
    use_remote_address: true,
    generate_request_id: false,
    route_config: {
      virtual_hosts: [{ name: 'web', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'web' } }] }],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${extension}.filters.http.router.v3.Router`, suppress_envoy_headers: true },
      },
    ],
  }
  return {
    static_resources: {
      listeners: [
        {
          name: 'in',
          address: address(port),
          filter_chains: [
            { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] },
          ],
        },
      ],
      clusters: [
        {
          name: 'web',
          type: 'STATIC',
          connect_timeout: '5s',
          lb_policy: 'LEAST_REQUEST',
          load_assignment: {
            cluster_name: 'web',
            endpoints: [{ lb_endpoints: endpoints.map(each => ({ endpoint: { address: address(each) } })) }],
          },
        },
      ],
    },
  }
}

function address(port: number) {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
