import { expect } from 'chai'
import type { ListenerTarget, RouteSettings } from '../../../sidecar/model/settings.ts'
import { NO_SERVICE, NO_TUNNEL } from '../../../sidecar/proxy/refusal.ts'
import { createRouter, type Routed } from '../../../sidecar/proxy/router.ts'
import type { Service } from '../../../sidecar/proxy/service.ts'

const NAMES = ['orders', 'web', 'api', 'v2', 'wild', 'deep', 'any', '[::1]']
const services = new Map(NAMES.map(name => [name, { name } as Service]))

function router(target: ListenerTarget) {
  const route = createRouter(target, services)
  return (host: string, path = '/', more: Partial<Routed> = {}): unknown => {
    try {
      return route({ host, target: path, tunnels: false, inbound: { tunnelled: undefined }, ...more }).service.name
    } catch (refusal) {
      return refusal
    }
  }
}

const routes = (...list: [host: string | undefined, prefix: string, service: string][]) =>
  router({
    kind: 'routes',
    routes: list.map(([host, prefix, service]): RouteSettings => ({ host, prefix, service, idempotent: false })),
  })

const tunnel = { tunnels: true }

describe('proxy: router', () => {
  describe('by name', () => {
    const find = router({ kind: 'by-name' })

    it('finds the service that the host names, whatever its case, port and last dot', () => {
      for (const host of ['orders', 'ORDERS', 'Orders:80', 'orders:', 'orders.', 'orders.:8080']) {
        expect(find(host), host).to.equal('orders')
        // Once more: the second time it is remembered.
        expect(find(host), host).to.equal('orders')
      }
      expect(find('[::1]')).to.equal('[::1]')
      expect(find('[::1]:80')).to.equal('[::1]')
    })

    it('finds no other', () => {
      for (const host of [
        '',
        'order',
        'orders.example',
        'x.orders',
        'orders..',
        '.orders',
        '__proto__',
        'constructor',
      ]) {
        expect(find(host), host).to.equal(NO_SERVICE)
      }
    })

    it('still finds them when many names have been tried', () => {
      for (let n = 0; n < 3000; n++) expect(find(`name-${n}`)).to.equal(NO_SERVICE)
      expect(find('Web:81')).to.equal('web')
      expect(find('Web:81')).to.equal('web')
    })

    it('opens tunnels to services only', () => {
      expect(find('orders:80', 'orders:80', tunnel)).to.equal('orders')
      expect(find('example.com:443', 'example.com:443', tunnel)).to.equal(NO_TUNNEL)
    })
  })

  describe('to one service', () => {
    const find = router({ kind: 'service', service: 'web' })

    it('gives it everything', () => {
      for (const host of ['', 'anything', 'orders']) expect(find(host)).to.equal('web')
    })

    it('but tunnels to others', () => {
      expect(find('web:80', 'web:80', tunnel)).to.equal('web')
      expect(find('orders:80', 'orders:80', tunnel)).to.equal(NO_TUNNEL)
    })
  })

  describe('by routes', () => {
    const find = routes(
      ['*.shop.example', '/', 'wild'],
      ['*.eu.shop.example', '/', 'deep'],
      [undefined, '/', 'any'],
      ['shop.example', '/', 'web'],
      ['shop.example', '/api', 'api'],
      ['shop.example', '/api/v2', 'v2'],
    )

    it('prefers the exact host, then the longest wildcard, then any', () => {
      expect(find('shop.example')).to.equal('web')
      expect(find('SHOP.example:8080')).to.equal('web')
      expect(find('a.shop.example')).to.equal('wild')
      expect(find('a.b.shop.example')).to.equal('wild')
      expect(find('a.eu.shop.example')).to.equal('deep')
      expect(find('eu.shop.example')).to.equal('wild')
      expect(find('other.example')).to.equal('any')
      expect(find('')).to.equal('any')
    })

    it('takes a wildcard for one label or more, and whole labels', () => {
      expect(find('xshop.example')).to.equal('any')
      expect(find('.shop.example')).to.equal('any')
    })

    it('prefers the longest prefix, of whole segments', () => {
      for (const [path, service] of Object.entries({
        '/': 'web',
        '/ap': 'web',
        '/apix': 'web',
        '/API': 'web',
        '/api': 'api',
        '/api/': 'api',
        '/api/x': 'api',
        '/api?x=/api/v2': 'api',
        '/api/v2x': 'api',
        '/api/v2': 'v2',
        '/api/v2/x?y': 'v2',
        '/api/v2?y': 'v2',
        '/x/api': 'web',
        '*': 'web',
        '': 'web',
        '?x': 'web',
      })) {
        expect(find('shop.example', path), path).to.equal(service)
      }
    })

    it('falls back to wider hosts when no prefix of a narrow one fits', () => {
      const narrow = routes(['shop.example', '/api', 'api'], ['*.example', '/b', 'wild'], [undefined, '/c', 'any'])
      expect(narrow('shop.example', '/api')).to.equal('api')
      expect(narrow('shop.example', '/b')).to.equal('wild')
      expect(narrow('shop.example', '/c')).to.equal('any')
      expect(narrow('shop.example', '/d')).to.equal(NO_SERVICE)
      expect(narrow('other', '/api')).to.equal(NO_SERVICE)
    })

    it('opens a tunnel by its host alone', () => {
      expect(find('shop.example:80', '/api', tunnel)).to.equal('web')
      const none = routes(['shop.example', '/api', 'api'])
      expect(none('shop.example:80', 'shop.example:80', tunnel)).to.equal(NO_TUNNEL)
    })
  })

  it('gives what comes through a tunnel to the service that it leads to', () => {
    const find = router({ kind: 'by-name' })
    const through = (service: string) => ({ inbound: { tunnelled: service } })
    expect(find('whatever', '/', through('orders'))).to.equal('orders')
    expect(find('web', '/', through('orders'))).to.equal('orders')
    expect(find('web', '/', through('gone'))).to.equal(NO_SERVICE)
  })
})
