import { captureOutput } from '../../support/output.ts'

/** The logger reads its settings when it is made, so it is imported after this. */
process.env.LOG_LEVEL = 'INFO'
process.env.POWERTOOLS_SERVICE_NAME = 'veza-test-scheduler'
const { recordDrift } = await import('../../../lib/counts/drift.ts')

test('one line names the counter, and holds the metric by the function alone', async () => {
  const { log } = await captureOutput(async () => {
    recordDrift({ source: 'track_likes', drift: 3 })
    recordDrift({ source: 'followers', drift: 0 })
  })

  expect(log.map(({ source, count_drift, service }) => ({ source, count_drift, service }))).toEqual([
    { source: 'track_likes', count_drift: 3, service: 'veza-test-scheduler' },
    { source: 'followers', count_drift: 0, service: 'veza-test-scheduler' },
  ])
  for (const { _aws } of log) {
    expect(_aws).toMatchObject({
      CloudWatchMetrics: [
        { Namespace: 'Veza', Dimensions: [['service']], Metrics: [{ Name: 'count_drift', Unit: 'Count' }] },
      ],
    })
  }
})
