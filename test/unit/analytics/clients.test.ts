import { createClientReader } from '../../../lib/analytics/clients/client.ts'
import { createCountries } from '../../../lib/analytics/clients/countries.ts'
import { createDatacenters } from '../../../lib/analytics/clients/datacenters.ts'
import { deviceOf } from '../../../lib/analytics/clients/devices.ts'
import { networkOf } from '../../../lib/analytics/clients/visitors.ts'
import { browser } from '../../support/api.ts'

const salts = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)] as const
const readerWith = (salt: Buffer) => createClientReader({ readSalt: async () => salt })
const read = readerWith(salts[0])
const from = (ip: string, userAgent = browser, headers = {}) => read({ ip, userAgent, headers })

test.each([
  { ip: '3.5.140.2', is: true },
  { ip: '65.108.0.1', is: true },
  { ip: '::ffff:3.5.140.2', is: true },
  { ip: '2a01:4f8:1:2::3', is: true },
  { ip: '127.0.0.1', is: false },
  { ip: '0.0.0.0', is: false },
  { ip: '255.255.255.255', is: false },
  { ip: '86.10.20.30', is: false },
  { ip: '::1', is: false },
  { ip: 'not an address', is: false },
])('$ip is of a rented server: $is', async ({ ip, is }) => {
  expect(await createDatacenters()(ip)).toBe(is)
})

test('countries are those of the registries, and of no private network', async () => {
  const find = createCountries()
  expect(await find('193.0.6.139')).toBe('NL')
  expect(await find('2001:67c:2e8::1')).toBe('NL')
  expect(await find('10.0.0.1')).toBeUndefined()
})

test.each([
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140.0 Mobile Safari/537.36', 'mobile'],
  ['Mozilla/5.0 (Linux; Android 15; SM-X910) Chrome/140.0 Safari/537.36', 'tablet'],
  ['Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X)', 'tablet'],
  ['Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0)', 'tv'],
  ['Sonos/82.2 (ZPS38)', 'speaker'],
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64)', 'desktop'],
  [browser, 'desktop'],
  ['', 'other'],
])('%s is of a %s', (userAgent, device) => {
  expect(deviceOf(userAgent)).toBe(device)
})

test.each([
  ['192.0.2.1', '192.0.2.254', '192.0.3.1'],
  ['2001:db8:0:1::1', '2001:db8:0:1:ffff::', '2001:db8:0:2::1'],
  ['::ffff:192.0.2.1', '192.0.2.9', '192.0.3.1'],
])('%s and %s are one network, %s is another', (one, same, other) => {
  expect(networkOf(one)).toBe(networkOf(same))
  expect(networkOf(one)).not.toBe(networkOf(other))
})

test('a visitor is the same by network and program, and another one under another salt', async () => {
  const { visitor } = await from('192.0.2.1')
  expect((await from('192.0.2.77')).visitor).toEqual(visitor)
  expect((await from('192.0.2.1', `${browser} Edg/140`)).visitor).not.toEqual(visitor)
  expect((await from('192.0.3.1')).visitor).not.toEqual(visitor)
  const tomorrow = await readerWith(salts[1])({ ip: '192.0.2.1', userAgent: browser })
  expect(tomorrow.visitor).not.toEqual(visitor)
})

test.each([
  { name: 'a browser', client: from('86.10.20.30'), filter: undefined },
  { name: 'a crawler', client: from('86.10.20.30', 'Googlebot/2.1'), filter: 'ua' },
  { name: 'nobody', client: from('86.10.20.30', ' '), filter: 'ua' },
  { name: 'a rented server', client: from('3.5.140.2'), filter: 'datacenter' },
  { name: 'a crawler on a rented server', client: from('3.5.140.2', 'curl/8.0'), filter: 'ua' },
])('$name is told to be $filter', async ({ client, filter }) => {
  expect((await client).filter).toBe(filter)
})
