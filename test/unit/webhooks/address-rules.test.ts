import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { isAllowedAddress } from '../../../lib/webhooks/address-rules.ts'

const isAllowed = (address: string) => isAllowedAddress(address, { allowLocal: false })

/** Range; its first and last address; the neighbours of both that are the internet's, where there are such. */
const refusedRanges = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', undefined, '1.0.0.0'],
  ['10.0.0.0/8', '10.0.0.0', '10.255.255.255', '9.255.255.255', '11.0.0.0'],
  ['100.64.0.0/10', '100.64.0.0', '100.127.255.255', '100.63.255.255', '100.128.0.0'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255', '126.255.255.255', '128.0.0.0'],
  ['169.254.0.0/16', '169.254.0.0', '169.254.255.255', '169.253.255.255', '169.255.0.0'],
  ['172.16.0.0/12', '172.16.0.0', '172.31.255.255', '172.15.255.255', '172.32.0.0'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255', '191.255.255.255', '192.0.1.0'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', '192.0.1.255', '192.0.3.0'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255', '192.88.98.255', '192.88.100.0'],
  ['192.168.0.0/16', '192.168.0.0', '192.168.255.255', '192.167.255.255', '192.169.0.0'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255', '198.17.255.255', '198.20.0.0'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255', '198.51.99.255', '198.51.101.0'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255', '203.0.112.255', '203.0.114.0'],
  ['224.0.0.0/4', '224.0.0.0', '239.255.255.255', '223.255.255.255', undefined],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.255', undefined, undefined],
  ['::/128', '::', '::', undefined, undefined],
  ['::1/128', '::1', '::1', undefined, undefined],
  ['::ffff:0:0/96', '::ffff:0.0.0.0', '::ffff:255.255.255.255', undefined, undefined],
  ['64:ff9b::/96', '64:ff9b::', '64:ff9b::ffff:ffff', undefined, undefined],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff', undefined, undefined],
  // Everything below 2000::, with what is not handed out yet.
  ['::/3', '::', '1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, '2000::'],
  [
    '2001::/23',
    '2001::',
    '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:200::',
  ],
  [
    '2001:db8::/32',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:db9::',
  ],
  [
    '2002::/16',
    '2002::',
    '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '2003::',
  ],
  [
    '2620:4f:8000::/48',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:7fff:ffff:ffff:ffff:ffff:ffff',
    '2620:4f:8001::',
  ],
  [
    '3fff::/20',
    '3fff::',
    '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3fff:1000::',
  ],
  [
    '4000::/2',
    '4000::',
    '7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    '3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    undefined,
  ],
  ['5f00::/16', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['8000::/1', '8000::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['fc00::/7', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
  ['ff00::/8', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', undefined, undefined],
] as const

test.each(refusedRanges)('refuses %s to its edges, and no more', (_, first, last, before, after) => {
  expect([first, last].map(isAllowed)).toEqual([false, false])
  for (const neighbour of [before, after])
    if (neighbour) expect([neighbour, isAllowed(neighbour)]).toEqual([neighbour, true])
})

const anyIn = (range: string) => {
  const [network, bits] = ipaddr.parseCIDR(range)
  const bytes = network.toByteArray()
  return fc.uint8Array({ minLength: bytes.length, maxLength: bytes.length }).map((random) => {
    const mixed = bytes.map((byte, at) => {
      const fixed = Math.min(8, Math.max(0, bits - 8 * at))
      const mask = (0xff << (8 - fixed)) & 0xff
      return (byte & mask) | (random[at]! & ~mask & 0xff)
    })
    return ipaddr.fromByteArray(mixed)
  })
}

test.each(refusedRanges.map(([range]) => range))(
  'refuses whatever is in %s, however it is spelled',
  (range) => {
    fc.assert(
      fc.property(anyIn(range), (address) => {
        expect([address.toString(), address.toNormalizedString()].map(isAllowed)).toEqual([false, false])
      }),
    )
  },
)

test.each([
  '8.8.8.8',
  '1.1.1.1',
  '93.184.215.14',
  '2606:4700:4700::1111',
  '2001:4860:4860::8888',
  '2a00:1450:4001::1',
])('allows %s', (address) => expect(isAllowed(address)).toBe(true))

const hidden = ['127.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '8.8.8.8']
const groupsOf = (address: string) => {
  const hex = ipaddr
    .parse(address)
    .toByteArray()
    .map((byte) => byte.toString(16).padStart(2, '0'))
  return `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`
}

test.each(hidden)('refuses %s wrapped into IPv6', (address) => {
  const groups = groupsOf(address)
  const wrapped = [
    `::ffff:${address}`, // mapped
    `::ffff:${groups}`,
    `0:0:0:0:0:FFFF:${groups}`,
    `::${address}`, // compatible, of old
    `::ffff:0:${groups}`, // translated
    `64:ff9b::${groups}`, // NAT64
    `64:ff9b:1::${groups}`,
    `2002:${groups}::1`, // 6to4
    `2001:0:${groups}::1`, // Teredo, its server
    `2001:0:4136:e378:8000:63bf:${groups}`, // Teredo, its client
  ]
  expect(wrapped.filter(isAllowed)).toEqual([])
})

test.each([
  '',
  'localhost',
  '2130706433',
  '0177.0.0.1',
  '0x7f.0.0.1',
  '127.1',
  '8.8.8.8 ',
  '8.8.8.8/32',
  'fe80::1%eth0',
  '2606:4700::1%lo',
  '[::1]',
])('takes %p for no address', (address) => expect(isAllowed(address)).toBe(false))

test('allows this machine where that is set, and nothing else by it', () => {
  const locally = (address: string) => isAllowedAddress(address, { allowLocal: true })
  expect(locally('127.0.0.1')).toBe(true)
  expect(
    ['127.0.0.2', '0.0.0.0', '::1', '::ffff:127.0.0.1', '10.0.0.1', '169.254.169.254'].filter(locally),
  ).toEqual([])
})
