"""The page where a buyer pays, or plays not to, in the language the merchant asked for."""

from collections.abc import Sequence
from html import escape
from typing import Any

TEXTS = {
    "zh": {
        "title": "模拟付款",
        "mark": "这是模拟的支付服务，只使用测试资金，不会真实扣款。",
        "amount": "金额",
        "for": "内容",
        "paid": "付款成功",
        "failed": "付款失败（银行卡被拒）",
        "cancelled": "取消并返回",
        "pending": "慢速付款（稍后才知道结果）",
        "next": "接下来还可能发生什么",
        "next_why": "真实的支付服务里，这些由银行或商家后台完成；在这里可以亲手触发。",
        "arrives": "款项到账",
        "bounces": "款项未到",
        "refund": "全额退款（在支付服务后台）",
        "slow_refund": "全额退款，银行处理中",
        "refund_done": "退款成功",
        "refund_failed": "退款失败",
        "dispute": "付款人的银行提出争议",
        "won": "银行裁定：付款有效",
        "lost": "银行裁定：款项退回",
        "declined": "银行卡被拒，未付款。可以再试一次。",
        "complete": "这笔付款已经完成。",
        "expired": "付款时间已过，未扣款。",
        "cancel": "已取消，未付款。",
        "back": "返回商家",
    },
    "en": {
        "title": "Stand-in payment page",
        "mark": "This is a stand-in for a payment service. It uses test money only: nobody is charged.",
        "amount": "Amount",
        "for": "For",
        "paid": "Pay",
        "failed": "Fail (card declined)",
        "cancelled": "Cancel and go back",
        "pending": "Pay by a slow method (known later)",
        "next": "What can still happen",
        "next_why": "At a real payment service a bank or the merchant's own pages do this; here you can.",
        "arrives": "The money arrives",
        "bounces": "The money does not come",
        "refund": "Refund all of it (in the service's own pages)",
        "slow_refund": "Refund all of it, slowly",
        "refund_done": "The refund arrives",
        "refund_failed": "The refund fails",
        "dispute": "The buyer's bank questions it",
        "won": "The bank leaves it with the merchant",
        "lost": "The bank takes it back",
        "declined": "The card was declined. Nothing was paid; you can try again.",
        "complete": "This payment is complete.",
        "expired": "The time to pay is over. Nothing was charged.",
        "cancel": "Cancelled. Nothing was paid.",
        "back": "Back to the merchant",
    },
}

_STYLE = """
body { font: 1.125rem/1.5 system-ui, sans-serif; color: #1b1b1b }
main { max-width: 34rem; margin: 2rem auto; padding: 0 1rem }
.mark { background: #fff3cd; border: 2px solid #7a5b00; padding: .75rem 1rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem } dd { margin: 0 }
form { display: flex; flex-direction: column; gap: .75rem }
button { font: inherit; padding: .75rem; min-height: 44px; background: #fff; border: 2px solid #1b1b1b }
button[value=paid] { background: #14532d; color: #fff; border-color: #14532d }
"""


def language_of(session: dict[str, Any]) -> str:
    return "en" if str(session["locale"] or "zh").startswith("en") else "zh"


def pay_page(session: dict[str, Any], items: list[str], notice: str = "", deeds: Sequence[str] = ()) -> str:
    """HTML of the pay page; ``notice`` is ``declined`` or ``cancel`` after such an attempt, ``deeds`` what
    can still happen to the payment (standin/counter.py)."""
    lang = language_of(session)
    text = TEXTS[lang]
    amount = f"{session['currency'].upper()} {session['amount_total'] / 100:,.2f}"
    said = notice if session["status"] == "open" else session["status"]
    return f"""<!doctype html>
<html lang="{"zh-Hans" if lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text["title"]} · {amount}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{text["title"]}</h1>
<p class="mark"><strong>TEST</strong> {text["mark"]}</p>
{f'<p role="alert">{text[said]}</p>' if said in text else ""}
<dl>
<dt>{text["amount"]}</dt><dd>{amount}</dd>
<dt>{text["for"]}</dt><dd>{escape(" · ".join(items))}</dd>
</dl>
{_choices(text) if session["status"] == "open" else _way_back(session, text)}
{_deeds(text, deeds) if deeds else ""}
</main>
</body>
</html>
"""


def _choices(text: dict[str, str]) -> str:
    buttons = (
        f'<button name="outcome" value="{outcome}">{text[outcome]}</button>'
        for outcome in ("paid", "failed", "pending", "cancelled")
    )
    return f'<form method="post">{"".join(buttons)}</form>'


def _deeds(text: dict[str, str], deeds: Sequence[str]) -> str:
    buttons = "".join(f'<button name="deed" value="{deed}">{text[deed]}</button>' for deed in deeds)
    return f'<h2>{text["next"]}</h2><p>{text["next_why"]}</p><form method="post">{buttons}</form>'


def _way_back(session: dict[str, Any], text: dict[str, str]) -> str:
    url = success_url(session) if session["status"] == "complete" else session["cancel_url"]
    return f'<p><a href="{escape(url)}">{text["back"]}</a></p>' if url else ""


def success_url(session: dict[str, Any]) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
