import { DOMParser as SchemaParser } from "prosemirror-model";
import { EditorState, TextSelection } from "prosemirror-state";
import { describe, expect, it } from "vitest";
import { linkAt, toolStates, tools, type ToolName } from "./commands";
import { parse } from "./markdown/parse";
import { serialise } from "./markdown/serialise";
import { schema } from "./schema";
import { createEditor, type EditorOptions } from "./view";

function stateOf(markdown: string, from: number, to = from): EditorState {
  const doc = parse(markdown);
  return EditorState.create({ doc, selection: TextSelection.create(doc, from, to) });
}

function run(tool: ToolName, state: EditorState): EditorState {
  let next = state;
  tools[tool](state, (transaction) => (next = state.apply(transaction)));
  return next;
}

describe("the tools", () => {
  it("make chosen words bold, and plain again", () => {
    const bold = run("bold", stateOf("een twee drie", 5, 9));
    expect(serialise(bold.doc)).toBe("een **twee** drie");
    expect(toolStates(bold).bold).toBe(true);
    expect(serialise(run("bold", bold).doc)).toBe("een twee drie");
  });

  it("make a list, turn it into the other kind, and take it apart", () => {
    const bullets = run("bulletList", stateOf("brood", 2));
    expect(serialise(bullets.doc)).toBe("- brood");
    const numbers = run("orderedList", bullets);
    expect(serialise(numbers.doc)).toBe("1. brood");
    expect(serialise(run("orderedList", numbers).doc)).toBe("brood");
  });

  it("know the whole link around the caret", () => {
    const state = stateOf("zie [de **mooie** route](https://a.nl) hier", 8);
    expect(linkAt(state)).toEqual({ href: "https://a.nl", from: 5, to: 19 });
    expect(linkAt(stateOf("zie [dit](https://a.nl) hier", 2))).toBeNull();
  });
});

describe("what is pasted", () => {
  it("becomes only what the diary knows", () => {
    const page = document.createElement("div");
    page.append(
      ...new DOMParser().parseFromString(
        `<h1 style="color:red">Titel</h1><b style="font-weight:normal"><p onclick="x()">Plat <span style="font-weight:700">vet</span>
         <a href="javascript:alert(1)">klik</a> <a href="https://a.nl">lees</a></p></b>
         <img src="https://spy.example/p.png" onerror="x()"><script>x()</script><style>p{}</style><table><tr><td>cel</td></tr></table>`,
        "text/html",
      ).body.childNodes,
    );
    const doc = SchemaParser.fromSchema(schema).parse(page);
    expect(serialise(doc)).toBe("# Titel\n\nPlat **vet** klik [lees](https://a.nl)\n\ncel");
  });
});

describe("the editor", () => {
  const options: EditorOptions = {
    markdown: "Een [link](https://a.nl) en ![kat](https://a.nl/kat.png)\n\n<script>x()</script>",
    caret: 9999,
    editable: true,
    label: "Je tekst",
    placeholder: "",
    language: "nl",
    onChange: () => {},
    onCaret: () => {},
    onBlur: () => {},
    onTools: () => {},
    onOpenLink: () => {},
  };

  it("draws nothing that loads, runs or leads away", () => {
    const mount = document.createElement("div");
    const editor = createEditor(mount, options);
    expect(
      mount.querySelectorAll("img:not(.ProseMirror-separator), script, iframe, [href], [src], [onclick]"),
    ).toHaveLength(0);
    expect(mount.textContent).toContain("kat (https://a.nl/kat.png)");
    expect(mount.textContent).toContain("<script>x()</script>");
    expect(editor.markdown()).toContain("![kat](https://a.nl/kat.png)");
    editor.destroy();
  });

  it("takes over what came from elsewhere, with the caret where it was, and nothing to take back", () => {
    const mount = document.createElement("div");
    let changes = 0;
    const onChange = () => (changes += 1);
    const editor = createEditor(mount, { ...options, markdown: "een twee\n\ndrie", caret: 9, onChange });
    editor.become("een twee\n\ndrie");
    expect(changes).toBe(0);
    editor.become("nul een twee\n\ndrie");
    expect([editor.markdown(), editor.caret(), changes]).toEqual(["nul een twee\n\ndrie", 13, 1]);
    editor.become("nul een twee\n\ndrie vier");
    expect([editor.markdown(), editor.caret()]).toEqual(["nul een twee\n\ndrie vier", 13]);
    // Where a word is there twice, what changed may be told in several ways; the text is right in each.
    editor.become("een nul een twee\n\ndrie\n\ndrie");
    expect(editor.markdown()).toBe("een nul een twee\n\ndrie\n\ndrie");
    editor.become("nul een een twee\n\ndrie");
    expect(editor.markdown()).toBe("nul een een twee\n\ndrie");
    editor.destroy();
  });

  it("says what it is, and gives the list its first line", () => {
    const mount = document.createElement("div");
    const editor = createEditor(mount, {
      ...options,
      markdown: "Eerst\\\ndan\n\n- en *toen*",
      editable: false,
    });
    const box = mount.querySelector("[role=textbox]")!;
    expect(box.getAttribute("aria-multiline")).toBe("true");
    expect(box.getAttribute("aria-readonly")).toBe("true");
    expect(box.getAttribute("lang")).toBe("nl");
    expect(editor.head()).toEqual({ title: "Eerst", preview: "dan en toen" });
    editor.destroy();
  });
});
