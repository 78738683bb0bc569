import { writeSync } from 'node:fs'
import { styleText } from 'node:util'
import { Listr } from 'listr2'
import type { PlatformInfo } from './client.ts'
import type { Level, LogRecord } from './log.ts'
import type { Step } from './starting/site.ts'

/** Fields the logger of a function puts on each of its lines. */
const REPEATED = new Set([
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'sampling_rate',
  'service',
  'xray_trace_id',
])

const isTerminal = process.stdout.isTTY === true

// A spinner hides the cursor and keeps what is written to stdout for itself; a start that ends half-way ends with both.
if (isTerminal) process.once('exit', () => writeSync(process.stdout.fd, '\x1b[?25h'))

/** A spinner a step on a terminal; one line a finished step elsewhere. */
export const showStep: Step = isTerminal ? showSpinner : showLine

async function showSpinner<T>(
  title: string,
  work: (say: (detail: string) => void) => Promise<T>,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>()
  const began = performance.now()
  const task = {
    title,
    task: async (_: unknown, self: { title: string }) => {
      let detail = ''
      const result = await work((said) => {
        detail = `, ${said}`
      })
      self.title = `${title} ${styleText('dim', secondsSince(began) + detail)}`
      resolve(result)
    },
  }
  // Its own way with Ctrl-C is to exit at once, with whatever runs left running.
  const options = { registerSignalListeners: false, rendererOptions: { collapseErrors: false } }
  await new Listr([task], options).run()
  return promise
}

async function showLine<T>(title: string, work: (say: (detail: string) => void) => Promise<T>): Promise<T> {
  const began = performance.now()
  let detail = ''
  const result = await work((said) => {
    detail = `, ${said}`
  })
  console.log(`${title} ${secondsSince(began)}${detail}`)
  return result
}

const secondsSince = (began: number) => `${((performance.now() - began) / 1000).toFixed(1)} s`

export function showTable(info: PlatformInfo, seconds: string): void {
  const rows = {
    API: info.api_url,
    Docs: info.docs_url,
    Demo: info.demo_url,
    Mailbox: info.mailbox_url,
    Stripe: info.stripe.api_url,
    Database: info.database_url,
    Log: info.log_file,
  }
  console.log(`\nReady in ${seconds} s.\n`)
  for (const [name, value] of Object.entries(rows)) console.log(`  ${dim(name.padEnd(10))}${value}`)
  console.log(`\n  ${dim('Ctrl-C stops everything.')}\n`)
}

export function showError(error: unknown): void {
  console.error(red(`\n${error instanceof Error ? error.message : String(error)}`))
}

const colours = { DEBUG: 'gray', INFO: 'green', WARN: 'yellow', ERROR: 'red' } as const satisfies Record<
  Level,
  string
>

const NAME_WIDTH = 16

/** Time, function, level, message, what else is short, request id: one line a record. */
export function showRecord({ time, source, level, message, request_id, ...fields }: LogRecord): void {
  const isFunction = source.startsWith('veza-')
  if (level === 'DEBUG' && !isFunction) return
  const name = source
    .replace(/^veza-local-/i, '')
    .slice(0, NAME_WIDTH)
    .padEnd(NAME_WIDTH)
  const parts = [
    dim(time.slice(11, 23)),
    styled('cyan', name),
    styled(colours[level], level.padEnd(5)),
    level === 'ERROR' ? message : message.replace(/\s*\n\s*/g, ' '),
    ...Object.entries(fields).map(([field, value]) => describeField(field, value)),
    request_id ? dim(request_id) : '',
  ]
  console.log(parts.filter(Boolean).join(' '))
}

/** An error is told whole; what every line of a function repeats is not told at all. */
function describeField(name: string, value: unknown): string {
  if (name === 'error') return `\n${errorText(value)}`
  const isShort = typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
  return isShort && !REPEATED.has(name) ? dim(`${name}=${value}`) : ''
}

function errorText(error: unknown): string {
  const { stack, message } = (error ?? {}) as { stack?: string; message?: string }
  return stack ?? message ?? JSON.stringify(error)
}

const styled = (style: Parameters<typeof styleText>[0], text: string) =>
  isTerminal ? styleText(style, text) : text
const dim = (text: string) => styled('dim', text)
const red = (text: string) => styled('red', text)
