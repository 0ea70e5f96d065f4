"""English messages."""

from holdfast.demo.words.phrases import Goods, Phrases

PHRASES = Phrases(
    greetings=("Hello,", "Hi there,", "Good morning,", "Dear team,"),
    closings=(
        "Thank you in advance.",
        "Many thanks for your help.",
        "Thanks, and have a nice day.",
        "I look forward to hearing from you.",
        "Kind regards.",
    ),
    goods={
        "coffee": Goods("the coffee", "the coffee"),
        "cleaning": Goods("the cleaning fluid", "the cleaning fluid"),
        "paper": Goods("the printer paper", "the printer paper"),
        "snacks": Goods("the box of biscuits", "the box of biscuits"),
        "kitchen": Goods("the kettle", "the kettle"),
        "lighting": Goods("the desk lamp", "the desk lamp"),
    },
    problems={
        "late_delivery": (
            "I have been waiting {days} days for order {order} and it has still not arrived.",
            "{subject} should have come {days} days ago, and the tracking page has not moved since.",
            "Could you tell me where order {order} is? It is {days} days late.",
            "We ordered {object} {days} days ago and there is no sign of the parcel.",
        ),
        "damaged": (
            "{subject} from order {order} arrived damaged.",
            "I opened the parcel today and {subject} was broken; the box had clearly been dropped.",
            "The packaging was torn and {subject} cannot be used.",
        ),
        "wrong_item": (
            "I ordered {object}, but something else was in the parcel.",
            "Order {order} is not what I asked for: {subject} is missing and another item was sent.",
            "You sent the wrong article in order {order}.",
        ),
        "billing": (
            "I was charged twice for order {order}.",
            "The invoice for order {order} does not match what I paid.",
            "The discount for {object} is missing from the invoice for order {order}.",
        ),
        "price": (
            "{subject} costs noticeably more than the last time I ordered.",
            "I have just seen the new price of {object}. Why has it gone up so much?",
            "Nobody told us that prices would rise; order {order} was far dearer than usual.",
        ),
        "question": (
            "Can I still change the delivery address for order {order}?",
            "Do you also have {object} in a larger size?",
            "How can I download the invoice for order {order}?",
            "Could you tell me when {subject} will be in stock again?",
        ),
    },
    again=(
        "This is the second time I am writing about the same thing.",
        "The same problem has happened again.",
        "You told me this was solved, but it is not.",
    ),
    annoyed=(
        "I expected better service than this.",
        "This is taking far too long.",
        "Nobody seems to feel responsible for it.",
        "I am really disappointed.",
        "Please sort this out today.",
    ),
    leaving=(
        "If this goes on, I will order somewhere else.",
        "I am thinking of closing my account.",
        "Another supplier has offered us better prices and faster delivery.",
        "This was my last order with you.",
        "Please tell me how to delete my account.",
        "I have had enough and am looking for another shop.",
    ),
)
