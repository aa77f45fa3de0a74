/** Whether this browser is signed in, as far as the answers of the API have shown. */

const CHANNEL = 'posthouse-session';

class Session {
  state = $state<'unknown' | 'in' | 'out'>('unknown');
  #channel = new BroadcastChannel(CHANNEL);

  constructor() {
    // Signing in happens in a new tab: those that were open before go on by themselves.
    this.#channel.onmessage = (message: MessageEvent<'in' | 'out'>) => {
      this.state = message.data;
    };
  }

  began(): void {
    this.state = 'in';
    this.#channel.postMessage('in');
  }

  ended(): void {
    this.state = 'out';
  }

  /** Signed out by a person: other tabs are told. */
  left(): void {
    this.state = 'out';
    this.#channel.postMessage('out');
  }
}

export const session = new Session();
