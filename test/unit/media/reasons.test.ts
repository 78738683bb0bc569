import { explainStatus, findReason, reasons } from '../../../lib/media/reasons.ts'

test('says of every reason one sentence or two that end', () => {
  for (const [code, { detail }] of Object.entries(reasons)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/)
    expect(detail).toMatch(/^[A-Z][^\n]{10,150}\.$/)
  }
})

test('never offers to try again what is the fault of the file', () => {
  const offered = Object.entries(reasons).filter(([, reason]) => 'retry' in reason)
  expect(offered.map(([code]) => code)).toEqual([
    'scan_failed',
    'scan_timeout',
    'metadata_failed',
    'stream_failed',
  ])
  for (const [, { is_files_fault }] of offered) expect(is_files_fault).toBe(false)
})

test('explains a failed upload and whether a retry makes sense', () => {
  expect(explainStatus({ status: 'failed', status_reason: 'scan_timeout' })).toEqual({
    status_detail: reasons.scan_timeout.detail,
    can_retry: true,
  })
  expect(explainStatus({ status: 'rejected', status_reason: 'infected' })).toEqual({
    status_detail: reasons.infected.detail,
    can_retry: false,
  })
  expect(explainStatus({ status: 'ready', status_reason: null })).toEqual({
    status_detail: null,
    can_retry: false,
  })
})

test('takes no name of an object for a reason', () => {
  expect(findReason('constructor')).toBeUndefined()
  expect(findReason('__proto__')).toBeUndefined()
})
