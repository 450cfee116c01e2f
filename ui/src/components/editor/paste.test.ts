import { DOMParser as SchemaParser } from "prosemirror-model";
import { describe, expect, it } from "vitest";
import { parse } from "./markdown/parse";
import { serialise } from "./markdown/serialise";
import { cleanPasted } from "./paste";
import { schema } from "./schema";

function pasted(html: string): string {
  const page = document.createElement("div");
  page.append(...new DOMParser().parseFromString(cleanPasted(html), "text/html").body.childNodes);
  const markdown = serialise(SchemaParser.fromSchema(schema).parse(page));
  expect(serialise(parse(markdown)), "what was pasted survives being kept").toBe(markdown);
  return markdown;
}

const item = (style: string, marker: string, text: string) => `
<p class=MsoListParagraphCxSpMiddle style='margin-left:36.0pt;mso-add-space:auto;text-indent:-18.0pt;${style}'><![if !supportLists]><span
lang=NL style='font-family:Symbol;mso-fareast-font-family:Symbol;mso-ansi-language:NL'><span style='mso-list:Ignore'>${marker}<span
style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]><span lang=NL>${text}<o:p></o:p></span></p>`;

describe("paste from Word", () => {
  const head = `<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40">
<head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Word 15"><link rel=File-List href="file:///C:/Temp/clip_filelist.xml">
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style><!-- /* Style Definitions */ p.MsoNormal {mso-style-unhide:no; margin:0cm; font-size:11.0pt;} --></style></head><body lang=NL>`;

  it("keeps title, headings, bold, italic, links and quotes, and drops the rest", () => {
    expect(
      pasted(`${head}<!--StartFragment-->
<p class=MsoTitle>Verslag<o:p></o:p></p>
<h2><span style='mso-fareast-language:NL'>Wat hielp<o:p></o:p></span></h2>
<p class=MsoNormal><b style='mso-bidi-font-weight:normal'>Vroeg</b> naar <i>bed</i>, en <a href="https://voorbeeld.nl/rust" style='color:blue'>dit stuk</a><span style='color:red'>.</span><o:p></o:p></p>
<p class=MsoNormal><span style='mso-no-proof:yes'><!--[if gte vml 1]><v:shape id="x" o:spid="_x0000"><v:imagedata src="file:///C:/Temp/clip_image001.png"/></v:shape><![endif]--><![if !vml]><img width=200 src="file:///C:/Temp/clip_image001.png" onerror="steal()"><![endif]></span><script>steal()</script><a name="_Toc12">Daarna</a> niets.<o:p></o:p></p>
<p class=MsoQuote>Rust is ook werk.<o:p></o:p></p><p class=MsoQuote>Zei Noor.<o:p></o:p></p>
<!--EndFragment--></body></html>`),
    ).toBe(
      "# Verslag\n\n## Wat hielp\n\n**Vroeg** naar *bed*, en [dit stuk](https://voorbeeld.nl/rust).\n\nDaarna niets.\n\n> Rust is ook werk.\n>\n> Zei Noor.",
    );
  });

  it("makes lists of its paragraphs, with their levels and numbers", () => {
    const l = (level: number, list = 0) => `mso-list:l${list} level${level} lfo${list + 1}`;
    expect(
      pasted(
        `${head}<p class=MsoNormal>Vooraf<o:p></o:p></p>${item(l(1), "·", "Schoenen")}${item(l(2), "o", "bruine")}${item(l(2), "o", "de <b>oude</b>")}${item(l(1), "·", "Jas")}
<p class=MsoNormal>Dan:<o:p></o:p></p>${item(l(1, 1), "3.", "bellen")}${item(l(1, 1), "4.", "gaan")}</body></html>`,
      ),
    ).toBe("Vooraf\n\n- Schoenen\n  - bruine\n  - de **oude**\n- Jas\n\nDan:\n\n3. bellen\n4. gaan");
  });

  it("reads the online Word too", () => {
    expect(
      pasted(
        `<div class="OutlineElement Ltr SCXW1"><p class="Paragraph SCXW1" role="heading" aria-level="1" paraid="1" style="font-weight: normal; font-style: normal;"><span data-contrast="none" class="TextRun" style="font-weight:bold"><span class="NormalTextRun">Kop</span></span><span class="EOP">&nbsp;</span></p></div>
<div class="ListContainerWrapper SCXW1"><ul class="BulletListStyle1" role="list"><li class="OutlineElement" data-leveltext="" aria-level="1"><p class="Paragraph"><span class="TextRun" style="font-weight: 700;">een</span><span class="EOP">&nbsp;</span></p></li></ul></div>`,
      ).replaceAll("\u00a0", ""),
    ).toBe("# Kop\n\n- **een**");
  });
});

describe("paste from Google Docs", () => {
  it("knows bold by its style, nested lists, and where a link really leads", () => {
    expect(
      pasted(
        `<meta charset='utf-8'><meta charset="utf-8"><b style="font-weight:normal;" id="docs-internal-guid-1f2e"><h1 dir="ltr" style="line-height:1.38;"><span style="font-size:20pt;font-weight:400;font-style:normal">Plan</span></h1><p dir="ltr"><span style="font-size:11pt;font-weight:700;font-style:normal;">Eerst</span><span style="font-weight:400;font-style:italic;"> slapen</span><span style="font-weight:400">, dan </span><a href="https://www.google.com/url?q=https://voorbeeld.nl/a&amp;sa=D&amp;usg=1" style="text-decoration:none;"><span style="text-decoration:underline;">lezen</span></a></p><ul style="margin-top:0;"><li dir="ltr" aria-level="1" style="list-style-type:disc;font-weight:400"><p dir="ltr" role="presentation"><span>brood</span></p></li><ul><li dir="ltr" aria-level="2"><p dir="ltr" role="presentation"><span>volkoren</span></p></li></ul><li dir="ltr" aria-level="1"><p dir="ltr" role="presentation"><span>melk</span></p></li></ul></b><br class="Apple-interchange-newline">`,
      ),
    ).toBe(
      "# Plan\n\n**Eerst** *slapen*, dan [lezen](https://voorbeeld.nl/a)\n\n- brood\n  - volkoren\n- melk",
    );
  });
});

describe("paste from LibreOffice", () => {
  it("keeps the structure and none of the looks", () => {
    expect(
      pasted(
        `<!DOCTYPE html><html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"/><title></title><meta name="generator" content="LibreOffice 24.2"/><style type="text/css">@page { size: 21cm 29.7cm } p { line-height: 115% }</style></head><body lang="nl-NL" dir="ltr"><h3 class="western"><font face="Liberation Sans">Deel</font></h3>
<p style="line-height: 100%"><font color="#c9211e"><b>Vet</b></font> en <i>schuin</i> en <u>lijn</u></p>
<ol start="2"><li><p>twee</p></li><li><p>drie</p></li></ol><blockquote style="margin-left: 1cm">gezegd</blockquote><p class="quotations-western"><img src="https://spy.example/p.png" width="1"/></p></body></html>`,
      ),
    ).toBe("### Deel\n\n**Vet** en *schuin* en lijn\n\n2. twee\n3. drie\n\n> gezegd");
  });

  it("loads and runs nothing, whatever was on the clipboard", () => {
    const clean = cleanPasted(
      `<p onclick="x()">a<img src=x onerror=x()><svg onload=x()><a href="javascript:x()">b</a></svg><a href="data:text/html,x">c</a><iframe src="https://a.nl"></iframe></p><math><mtext><style><img src onerror=x()></style></mtext></math>`,
    );
    expect(clean).not.toMatch(/on\w+=|src=|javascript:|data:|<iframe|<svg|<img/i);
  });
});
