import { beforeEach, describe, expect, it } from 'vitest';
import type { Timer } from '../../domain/index.ts';
import { type ChatActions, ChatCommands } from './chat-commands.ts';

const OWNER = 7;
const STRANGER = 8;

class HandTimer implements Timer {
  ms = 0;
  elapsedMs = () => this.ms;
  sleep = async () => undefined;
}

let timer: HandTimer;
let done: string[];
let audited: string[];
let actions: ChatActions;
let commands: ChatCommands;
beforeEach(() => {
  timer = new HandTimer();
  [done, audited] = [[], []];
  const did = (what: string) => async (by: string) => {
    done.push(`${what} ${by}`);
    return `${what} is done`;
  };
  actions = {
    status: async () => 'all is well',
    performance: async () => 'SIMULATED results',
    halt: did('halt'),
    resume: did('resume'),
    flatten: did('flatten'),
  };
  let code = 100;
  commands = new ChatCommands({
    actions,
    allowedUsers: new Set([OWNER]),
    timer,
    newCode: () => `${++code}`,
    audit: (what, userId, outcome) => void audited.push(`${what} ${userId} ${outcome}`),
  });
});
const say = (text: string, userId = OWNER, ageMs = 0) => commands.answer({ userId, text, ageMs });

describe('commands in a chat', () => {
  it('reads status and performance, also with the name of the bot', async () => {
    expect(await say('/status')).toBe('all is well');
    expect(await say('/Performance@my_ets_bot')).toBe('SIMULATED results');
  });

  it.each(['halt', 'resume', 'flatten'])('does %s only once it is confirmed', async (change) => {
    expect(await say(`/${change}`)).toContain('/confirm 101');
    expect(done).toEqual([]);
    expect(await say('/confirm 101')).toBe(`${change} is done`);
    expect(await say('/confirm 101')).toContain('nothing to confirm');
    expect(done).toEqual([`${change} telegram:7`]);
    expect(audited).toEqual([`${change} 7 done`]);
  });

  it('drops what was asked for at a wrong code, and after two minutes', async () => {
    await say('/halt');
    expect(await say('/confirm 999')).toContain('not the code');
    expect(await say('/confirm 101')).toContain('nothing to confirm');
    await say('/halt');
    timer.ms = 120_001;
    expect(await say('/confirm 102')).toContain('nothing to confirm');
    expect(done).toEqual([]);
  });

  it('answers nobody else, and lets nobody confirm for another', async () => {
    expect(await say('/status', STRANGER)).toBeUndefined();
    expect(await say('hello', STRANGER)).toBeUndefined();
    await say('/flatten');
    expect(await say('/confirm 101', STRANGER)).toBeUndefined();
    expect(done).toEqual([]);
    expect(audited).toEqual(['status 8 refused', 'confirm 8 refused']);
  });

  it('does not follow what waited for five minutes', async () => {
    expect(await say('/halt', OWNER, 3_600_000)).toContain('60 minutes late');
    expect(await say('/confirm 101')).toContain('nothing to confirm');
  });

  it('says what failed', async () => {
    actions.halt = () => Promise.reject(new Error('the disk is full'));
    await say('/halt');
    expect(await say('/confirm 101')).toBe('It failed: the disk is full');
    expect(audited).toEqual(['halt 7 failed']);
  });

  it('tells what can be said where it does not understand', async () => {
    expect(await say('/buy 100')).toContain('/flatten');
    expect(await say('good morning')).toContain('/status');
  });
});
