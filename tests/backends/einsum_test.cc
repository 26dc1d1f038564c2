// Einsum as batched products against the portable operator.
#include <set>

#include "tests/backends/kernel_tester.h"

namespace onedge::backends::cpu {
namespace {

std::vector<double> AsDoubles(const Tensor& tensor) {
  return {tensor.data<float>(), tensor.data<float>() + tensor.element_count()};
}

void ExpectAgrees(const std::string& equation, const Shape& a, const Shape& b, Random& random, ThreadPool* threads) {
  SCOPED_TRACE(StrCat(equation, " of ", a, " and ", b));
  KernelTester tester("", "Einsum", 12);
  tester.Attribute("equation", equation).Input(random.Floats(a)).Input(random.Floats(b));
  const Tensor portable = tester.RunOnePortable();
  const Tensor y = tester.RunOne();
  ExpectClose(y, AsDoubles(portable), 1e-5);
  ASSERT_EQ(y.ToString(), portable.ToString());
  ExpectClose(tester.Exact(true).RunOne(), AsDoubles(portable), 1e-5);
  ExpectSameBits(tester.Exact(false).Threads(threads).RunOne(), y);
}

TEST(Einsum, TheEquationsOfModels) {
  Random random(1);
  const auto pool = ThreadPool::Create(3);
  const auto check = [&](const char* equation, const Shape& a, const Shape& b) {
    ExpectAgrees(equation, a, b, random, pool.get());
  };
  check("bhid,bhjd->bhij", {2, 3, 17, 20}, {2, 3, 19, 20});
  check("bhij,bhjd->bhid", {2, 3, 17, 19}, {2, 3, 19, 20});
  check("bqhd,bkhd->bhqk", {2, 17, 3, 20}, {2, 19, 3, 20});
  check("bhqk,bkhd->bqhd", {2, 3, 17, 19}, {2, 19, 3, 20});
  check("bsd,dhk->bshk", {2, 9, 12}, {12, 3, 8});
  check("bshk,hkd->bsd", {2, 9, 3, 8}, {3, 8, 12});
  check("...ij,...jk->...ik", {2, 1, 9, 7}, {3, 7, 8});
  check("ij,jk", {9, 7}, {7, 8});
  check("i,j->ij", {30}, {20});
  check("bij,bij->b", {3, 9, 7}, {3, 9, 7});
  check("bij,bj->bi", {3, 9, 17}, {3, 17});
  check("bij,bij->bij", {3, 9, 7}, {3, 9, 7});
  check("bhwc,hkc->bhwk", {2, 5, 6, 8}, {5, 7, 8});
  check("iij,jk->ik", {6, 6, 9}, {9, 8});
  check("ij,kl->ik", {6, 9}, {5, 8});
  check("bij,bjk->ikb", {4, 9, 7}, {4, 7, 8});
}

// Labels in any order, dimensions of 1 and 0, repeated labels.
TEST(Einsum, AgreesWithThePortableOperatorForAnyEquation) {
  const uint32_t seed = 20261201;
  SCOPED_TRACE(seed);
  Random random(seed);
  const auto pool = ThreadPool::Create(3);
  for (int round = 0; round < 300; ++round) {
    const std::string letters = "abcdefg";
    std::vector<int64_t> sizes;
    for (size_t i = 0; i < letters.size(); ++i) {
      sizes.push_back(round % 40 == 0 ? static_cast<int64_t>(random.Size(0, 3))
                                      : static_cast<int64_t>(random.Size(1, 7)));
    }
    std::string terms[2], output;
    Shape shapes[2];
    std::set<char> used;
    for (int side = 0; side < 2; ++side) {
      const size_t rank = random.Size(1, 5);
      for (size_t d = 0; d < rank; ++d) {
        const size_t letter = random.Size(0, letters.size() - 1);
        if (terms[side].find(letters[letter]) != std::string::npos && random.Size(0, 5) > 0) continue;
        terms[side] += letters[letter];
        used.insert(letters[letter]);
        shapes[side].push_back(random.Size(0, 9) == 0 ? 1 : sizes[letter]);
      }
    }
    std::vector<char> kept(used.begin(), used.end());
    for (size_t i = kept.size(); i > 1; --i) std::swap(kept[i - 1], kept[random.Size(0, i - 1)]);
    for (char c : kept) {
      const bool in_both = terms[0].find(c) != std::string::npos && terms[1].find(c) != std::string::npos;
      if (random.Size(0, in_both ? 1 : 9) > 0) output += c;
    }
    ExpectAgrees(terms[0] + "," + terms[1] + "->" + output, shapes[0], shapes[1], random, pool.get());
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace onedge::backends::cpu
