import { createTaskRunner, type Step } from '../../../lib/schedule/run-task.ts'

const always = () => true

/** Answers these counts one after the other. */
function counting(...counts: number[]): Step & { readonly calls: Date[] } {
  const calls: Date[] = []
  const step = async (now: Date) => {
    calls.push(now)
    return counts.shift() ?? 0
  }
  return Object.assign(step, { calls })
}

test('does every step of the task until nothing is left', async () => {
  const at = new Date('2026-03-01T00:00:00Z')
  const [letters, names, others] = [counting(1000, 1000, 3), counting(), counting(5)]
  const tasks = { sweep: { letters, names }, other: { others } }
  const run = createTaskRunner({ tasks, now: () => at })

  await expect(run({ task: 'sweep' }, always)).resolves.toEqual({
    task: 'sweep',
    done: { letters: 2003, names: 0 },
  })
  expect(letters.calls).toEqual([at, at, at, at])
  expect(others.calls).toEqual([])
})

test('stops when its time is over', async () => {
  let left = 3
  const run = createTaskRunner({ tasks: { sweep: { letters: async () => 10, names: async () => 10 } } })

  await expect(run({ task: 'sweep' }, () => left-- > 0)).resolves.toMatchObject({
    done: { letters: 30, names: 0 },
  })
})

test('a step that fails does not keep the others from their work, and the run fails', async () => {
  const names = counting(2)
  const letters = () => Promise.reject(new Error('no such table'))
  const run = createTaskRunner({ tasks: { sweep: { letters, names } } })

  await expect(run({ task: 'sweep' }, always)).rejects.toThrow('1 steps of sweep failed')
  expect(names.calls).toHaveLength(2)
})

test.each([{}, { task: 'drop' }, { task: 'toString' }, { task: 'sweep', more: 1 }, undefined, 'sweep'])(
  'refuses an input that names no task: %j',
  async (input) => {
    const letters = counting()
    const run = createTaskRunner({ tasks: { sweep: { letters } } })

    await expect(run(input, always)).rejects.toThrow()
    expect(letters.calls).toEqual([])
  },
)
