import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import ipaddr from 'ipaddr.js'

const types = { 1: 'A', 28: 'AAAA' } as const
const none = 3

/** Answers a question with the addresses that the name has now, nothing (NXDOMAIN), or not at all. */
export type Answering = (name: string, type: 'A' | 'AAAA') => readonly string[] | 'silence'

/** A name server for tests. It counts what it is asked. */
export async function startNameServer(answer: Answering) {
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, { port, address }) => {
    const { name, type, end } = readQuestion(query)
    asked.push(`${name} ${type}`)
    const addresses = answer(name, type)
    if (addresses !== 'silence') socket.send(toReply(query.subarray(0, end), addresses), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    server: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked,
    stop: () => socket.close(),
  }
}

function readQuestion(query: Buffer) {
  const labels: string[] = []
  let at = 12
  while (query[at] !== 0) {
    const length = query[at]!
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  const type = types[query.readUInt16BE(at + 1) as keyof typeof types]
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 }
}

function toReply(question: Buffer, addresses: readonly string[]): Buffer {
  const head = Buffer.from(question)
  head.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8180 | none, 2)
  head.writeUInt16BE(addresses.length, 6)
  // No further sections, whatever the question had.
  head.writeUInt32BE(0, 8)
  return Buffer.concat([head, ...addresses.map(toRecord)])
}

function toRecord(address: string): Buffer {
  const bytes = Buffer.from(ipaddr.parse(address).toByteArray())
  const record = Buffer.alloc(12)
  // Its name is that of the question.
  record.writeUInt16BE(0xc00c, 0)
  record.writeUInt16BE(bytes.length === 4 ? 1 : 28, 2)
  record.writeUInt16BE(1, 4)
  record.writeUInt16BE(bytes.length, 10)
  return Buffer.concat([record, bytes])
}
