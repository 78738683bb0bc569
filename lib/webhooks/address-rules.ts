import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

const toRanges = (ranges: readonly string[]): readonly Range[] =>
  ranges.map((range) => ipaddr.parseCIDR(range))

/** Of IPv4 everything is somebody's in the internet but these. */
const refusedIPv4 = toRanges([
  '0.0.0.0/8', // this network
  '10.0.0.0/8', // private
  '100.64.0.0/10', // behind the address translation of a carrier
  '127.0.0.0/8', // this machine
  '169.254.0.0/16', // link-local, and with it what clouds tell their machines
  '172.16.0.0/12', // private
  '192.0.0.0/24', // protocol assignments
  '192.0.2.0/24', // documentation
  '192.88.99.0/24', // relays of 6to4
  '192.168.0.0/16', // private
  '198.18.0.0/15', // measuring
  '198.51.100.0/24', // documentation
  '203.0.113.0/24', // documentation
  '224.0.0.0/4', // multicast
  '240.0.0.0/4', // reserved, broadcast
])

/**
 * Of IPv6 only this is handed out to the internet. Outside of it are ::, ::1, what is mapped from or translated to
 * IPv4 (::ffff:0:0/96, 64:ff9b::/96, 64:ff9b:1::/48), 100::/64, 5f00::/16, fc00::/7, fe80::/10 and ff00::/8.
 */
const allowedIPv6 = toRanges(['2000::/3'])

/** And of that not these. What carries an IPv4 address in it is refused whole, whichever address that is. */
const refusedIPv6 = toRanges([
  '2001::/23', // protocol assignments: Teredo, ORCHID, measuring
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4
  '2620:4f:8000::/48', // sink of reverse lookups
  '3fff::/20', // documentation
])

const isIn = (ranges: readonly Range[], address: Address) => ranges.some((range) => address.match(range))

/** Whether a webhook may be sent to this address. With `allowLocal` also to this machine by its usual one. */
export function isAllowedAddress(address: string, { allowLocal }: { readonly allowLocal: boolean }): boolean {
  // The parser also reads other spellings, and zones; a resolver gives neither.
  if (isIP(address) === 0 || address.includes('%')) return false
  if (allowLocal && address === '127.0.0.1') return true
  const parsed = ipaddr.parse(address)
  return parsed.kind() === 'ipv4'
    ? !isIn(refusedIPv4, parsed)
    : isIn(allowedIPv6, parsed) && !isIn(refusedIPv6, parsed)
}
