import { explain } from './api.ts'
import { announce, byId, el } from './dom.ts'
import { joinAsDemoArtist, signIn } from './session.ts'
import type { User } from './wire.ts'

/** The two ways in: an artist made on the spot, or an account that is there. */
export function showEntry(onEntered: (user: User) => void): void {
  drawJoin(onEntered)
  drawSignIn(onEntered)
}

function drawJoin(onEntered: (user: User) => void): void {
  const progress = el(
    'p',
    { class: 'quiet', role: 'status' },
    'A new account, its mail read from the local mailbox.',
  )
  const button = el(
    'button',
    { class: 'primary', type: 'button', onclick: () => void join() },
    'Start as a demo artist',
  )
  const join = async () => {
    button.disabled = true
    progress.classList.remove('bad')
    try {
      const user = await joinAsDemoArtist((step) => {
        progress.textContent = `${step} …`
      })
      onEntered(user)
    } catch (error) {
      progress.textContent = explain(error)
      progress.classList.add('bad')
    } finally {
      button.disabled = false
    }
  }
  byId('join').replaceChildren(button, progress)
}

function drawSignIn(onEntered: (user: User) => void): void {
  const field = (label: string, props: Record<string, string>) => {
    const input = el('input', { required: true, ...props })
    return { input, row: el('label', {}, label, input) }
  }
  const name = field('E-mail address or username', { name: 'identifier', autocomplete: 'username' })
  const password = field('Password', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
  })
  const code = field('Code of your authenticator app', {
    name: 'code',
    inputmode: 'numeric',
    autocomplete: 'one-time-code',
  })
  code.input.required = false
  code.row.hidden = true
  const problem = el('p', { class: 'bad', role: 'alert' })
  const button = el('button', { type: 'submit' }, 'Sign in')
  const enter = async () => {
    problem.textContent = ''
    const credentials = { identifier: name.input.value, password: password.input.value }
    const user = await signIn(credentials, code.input.value || undefined)
    if (user) return onEntered(user)
    code.row.hidden = false
    code.input.required = true
    code.input.focus()
    announce('A code is asked for')
  }
  const form = byId<HTMLFormElement>('sign-in')
  form.replaceChildren(name.row, password.row, code.row, button, problem)
  form.onsubmit = (event) => {
    event.preventDefault()
    button.disabled = true
    enter()
      .catch((error: unknown) => {
        problem.textContent = explain(error)
      })
      .finally(() => {
        button.disabled = false
      })
  }
}
