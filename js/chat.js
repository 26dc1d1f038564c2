import { Template } from '@huggingface/jinja';
import { onedgeError } from './error.js';

const SPECIAL_TOKENS = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'];

/** A model's chat template: turns messages into the text that the model was trained to continue. */
export class ChatTemplate {
  #templates;
  #variables;

  /**
   * @param {string | object} tokenizerConfig the contents of tokenizer_config.json
   * @param {string} [chatTemplate] the contents of chat_template.jinja, if the model has that file
   */
  constructor(tokenizerConfig, chatTemplate) {
    const config = typeof tokenizerConfig === 'string' ? JSON.parse(tokenizerConfig) : tokenizerConfig;
    const given = chatTemplate ?? config.chat_template;
    const sources = Array.isArray(given) ? given.map(({ name, template }) => [name, template]) : [['default', given]];
    for (const [name, source] of sources) {
      if (typeof source !== 'string') throw new TypeError(`chat_template '${name}': expected a template, got ${source === null ? 'null' : typeof source}`);
    }
    this.#templates = new Map(sources.map(([name, source]) => [name, parse(name, source)]));
    this.#variables = {};
    for (const name of SPECIAL_TOKENS) {
      const token = config[name]?.content ?? config[name]; // a string, or an added token
      if (typeof token === 'string') this.#variables[name] = token;
    }
  }

  /** The names of the templates: one model may have several, for tools or retrieval. */
  get names() {
    return [...this.#templates.keys()];
  }

  /**
   * @param {{role: string, content: any}[]} messages
   * @param {{addGenerationPrompt?: boolean, tools?: object[], documents?: object[], template?: string, variables?:
   * object}} [options] addGenerationPrompt: ends with the beginning of the model's answer; template: one of names;
   * variables: other variables that the template reads
   */
  render(messages, { addGenerationPrompt = false, tools = null, documents = null, template, variables } = {}) {
    const name = template ?? (tools && this.#templates.has('tool_use') ? 'tool_use' : 'default');
    const chosen = this.#templates.get(name) ?? (template === undefined && this.#templates.size === 1 ? [...this.#templates.values()][0] : undefined);
    if (!chosen) throw new TypeError(`chat template: expected one of ${this.names.join(', ')}, got '${name}'`);
    try {
      return chosen.render({ ...this.#variables, messages, tools, documents, add_generation_prompt: addGenerationPrompt, ...variables });
    } catch (error) {
      throw onedgeError('INVALID_ARGUMENT', `chat template '${name}': ${error.message}`);
    }
  }
}

function parse(name, source) {
  try {
    return new Template(source);
  } catch (error) {
    throw onedgeError('CORRUPT_FILE', `chat template '${name}': ${error.message}`);
  }
}
