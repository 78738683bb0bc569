import { readFileSync } from 'node:fs'
import path from 'node:path'
import { everyResource, synthesize } from './synth.ts'

const names = everyResource(synthesize('prod'), 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
  Properties.AlarmName.replace('veza-prod-', ''),
)

const runbook = readFileSync(path.join(import.meta.dirname, '../../docs/runbook.md'), 'utf8')
/** The alarms that a heading names, where `<queue>` or `<function>` stand for any. */
const headings = [...runbook.matchAll(/^## (.+)$/gm)].map(([, heading]) =>
  [...heading!.matchAll(/`([^`]+)`/g)].map(
    ([, name]) => new RegExp(`^${name!.replace(/<\w+>/, '[a-z-]+')}$`),
  ),
)

it.each(names)('%s has a heading in the runbook', (name) => {
  expect(headings.some((patterns) => patterns.some((pattern) => pattern.test(name)))).toBe(true)
})

it('has no heading in the runbook for an alarm that is gone', () => {
  const gone = headings.flat().filter((pattern) => !names.some((name) => pattern.test(name)))
  expect(gone).toEqual([])
})
